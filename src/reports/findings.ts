import type { Level } from './level';
import { printable } from './text';

/** A place in a file: the path from the root of the repo, and line and column from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The rules of findings. The ids are stable: reports, suppressions and scripts refer to them. */
export const RULES = {
  'secret-missing': { level: 'error', description: 'An expected Secret is not in the repo' },
  'secret-not-in-repo': { level: 'note', description: 'A Secret that need not be in the repo is not in it' },
  'secret-wrong-namespace': { level: 'error', description: 'A Secret exists in another namespace only' },
  'secret-wrong-file': { level: 'error', description: 'A Secret is not in the file where it is expected' },
  'secret-duplicate': { level: 'error', description: 'The same Secret is defined twice' },
  'secret-renamed': { level: 'error', description: 'kustomize gives an expected Secret another name' },
  'secret-not-listed': { level: 'error', description: 'No kustomization.yaml lists the file of a Secret' },
  'secret-not-applied': { level: 'error', description: 'No Kustomization of Flux leads to a Secret' },
  'secret-promised': { level: 'note', description: 'An object makes the Secret in the cluster' },
  'secret-empty': { level: 'error', description: 'A Secret has no key at all' },
  'plain-text-twin': {
    level: 'error',
    description: 'A second copy of an expected Secret is in the repo in plain text',
  },
  'key-missing': { level: 'error', description: 'A Secret lacks an expected key' },
  'key-not-in-repo': { level: 'note', description: 'A key that need not be in the repo is not in it' },
  'value-plain-text': { level: 'error', description: 'A value is not encrypted' },
  'value-base64': { level: 'error', description: 'A value is in base64, which does not encrypt' },
  'value-broken': { level: 'error', description: 'An encrypted value is damaged' },
  'value-empty': { level: 'error', description: 'An expected value is empty' },
  'value-not-string': { level: 'error', description: 'A value is not a string, as Kubernetes wants it' },
  'value-length': { level: 'error', description: 'A value does not have the expected length' },
  'value-length-unproven': { level: 'note', description: 'The ciphertext does not show the exact length' },
  'sops-missing': { level: 'error', description: 'A Secret is not encrypted by SOPS' },
  'sops-incomplete': { level: 'error', description: 'The metadata of SOPS is damaged' },
  'sops-no-recipient': { level: 'error', description: 'No age key can decrypt a Secret' },
  'sops-recipient-not-allowed': { level: 'error', description: 'Another recipient can decrypt a Secret' },
  'sops-recipient-missing': { level: 'note', description: 'An allowed recipient cannot decrypt a Secret' },
  'sops-shamir': { level: 'error', description: 'The keys open fewer key groups than SOPS asks for' },
  'sops-mixed': { level: 'error', description: 'A Secret is a mix of several encrypted files' },
  'sops-selector': { level: 'error', description: 'SOPS is told not to encrypt all of data and stringData' },
  'sops-names-encrypted': { level: 'warning', description: 'The kind or the name of an object is encrypted' },
  'sops-rule-recipients': { level: 'warning', description: 'A creation rule is for other recipients than the file' },
  'sops-rule-selector': { level: 'warning', description: 'A creation rule would encrypt too little or too much' },
  'sops-no-rule': { level: 'warning', description: 'No creation rule applies to the file' },
  'flux-no-decryption': { level: 'error', description: 'Flux does not decrypt a folder that it applies' },
  'flux-suspended': { level: 'warning', description: 'The Kustomization that applies a Secret is suspended' },
  'kustomize-failed': { level: 'error', description: 'kustomize cannot build a folder' },
  'kustomize-missing': { level: 'error', description: 'kustomize, which builds a folder, is not installed' },
  'kustomize-remote': { level: 'note', description: 'A kustomization.yaml fetches something from elsewhere' },
  'age-key-in-git': { level: 'error', description: 'A private age key is in the repo' },
  'yaml-broken': { level: 'error', description: 'A file is not YAML' },
  'yaml-duplicate-key': { level: 'error', description: 'A mapping has the same key twice' },
  'file-too-large': { level: 'note', description: 'A file is too large to be read' },
  'file-not-text': { level: 'warning', description: 'A manifest is not text in UTF-8' },
  'file-unreadable': { level: 'error', description: 'A file or folder cannot be read' },
  'link-skipped': { level: 'note', description: 'A symbolic link leads out of the repo or nowhere' },
  escrow: { level: 'note', description: 'A fact that neither the repo nor the cluster can show' },
} as const satisfies Record<string, { level: Level; description: string }>;

export type Rule = keyof typeof RULES;

/** A finding for a person: the fact, its place, why it matters, and the remedy. It never has a value. */
export interface Finding extends Place {
  readonly rule: Rule;
  readonly level: Level;
  readonly message: string;
  readonly remedy: string;
  /** The expected Secret that it is about, as `namespace/name`. */
  readonly secret?: string;
  readonly key?: string;
}

/** Options of a finding, beside its rule, place, message and remedy. */
export interface FindingOptions {
  /** @default - the level of the rule */
  readonly level?: Level;
  readonly secret?: string;
  readonly key?: string;
}

export function finding(
  rule: Rule,
  place: Place,
  message: string,
  remedy: string,
  options: FindingOptions = {},
): Finding {
  const { file, line, column } = place;
  return {
    rule,
    level: RULES[rule].level,
    file,
    line,
    column,
    message: printable(message),
    remedy: printable(remedy),
    ...options,
  };
}

/** The message and the remedy, in sentences. */
export function sentences({ message, remedy }: Finding): string {
  return `${message}${message.endsWith('?') ? '' : '.'} ${remedy}.`;
}

/** Findings in the order of files and lines, without duplicates: the same repo gives the same report. */
export function sorted(findings: readonly Finding[]): Finding[] {
  const unique = new Map(findings.map((one) => [JSON.stringify(one), one]));
  return [...unique.values()].sort(
    (a, b) =>
      compare(a.file, b.file) ||
      a.line - b.line ||
      a.column - b.column ||
      compare(a.rule, b.rule) ||
      compare(a.message, b.message),
  );
}

export function count(findings: readonly Finding[], level: Level): number {
  return findings.filter((one) => one.level === level).length;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
