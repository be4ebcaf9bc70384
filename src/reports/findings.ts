import type { Level } from './level';
import { printable } from './text';

/** A place in a file: the path from the root of the repo, and line and column from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What can be found. The ids are stable: reports, suppressions and scripts go by them. */
export const RULES = {
  'secret-missing': { level: 'error', description: 'An expected Secret is not in the repo' },
  'secret-not-in-repo': { level: 'note', description: 'A Secret that need not be in the repo is not there' },
  'secret-wrong-namespace': { level: 'error', description: 'A Secret is there under another namespace only' },
  'secret-wrong-file': { level: 'error', description: 'A Secret is not in the file where it is expected' },
  'secret-duplicate': { level: 'error', description: 'The same Secret is defined twice' },
  'secret-renamed': { level: 'error', description: 'kustomize gives an expected Secret another name' },
  'secret-not-listed': { level: 'error', description: 'No kustomization.yaml lists the file of a Secret' },
  'secret-not-applied': { level: 'error', description: 'No Kustomization of Flux leads to a Secret' },
  'secret-promised': { level: 'note', description: 'An object has the Secret made in the cluster' },
  'secret-empty': { level: 'error', description: 'A Secret has no key at all' },
  'plain-text-twin': { level: 'error', description: 'An expected Secret is a second time in the repo, in plain text' },
  'key-missing': { level: 'error', description: 'A Secret lacks an expected key' },
  'key-not-in-repo': { level: 'note', description: 'A key that need not be in the repo is not there' },
  'value-plain-text': { level: 'error', description: 'A value is not encrypted' },
  'value-base64': { level: 'error', description: 'A value is in base64, which does not encrypt' },
  'value-broken': { level: 'error', description: 'An encrypted value is damaged' },
  'value-empty': { level: 'error', description: 'An expected value is empty' },
  'value-not-string': { level: 'error', description: 'A value is not a string, as Kubernetes wants it' },
  'value-length': { level: 'error', description: 'A value has another length than is expected' },
  'value-length-unproven': { level: 'note', description: 'The ciphertext does not give the exact length away' },
  'sops-missing': { level: 'error', description: 'A Secret is not encrypted by SOPS' },
  'sops-incomplete': { level: 'error', description: 'The metadata of SOPS is damaged' },
  'sops-no-recipient': { level: 'error', description: 'No age key can decrypt a Secret' },
  'sops-recipient-not-allowed': { level: 'error', description: 'Another recipient can decrypt a Secret' },
  'sops-recipient-missing': { level: 'note', description: 'An allowed recipient cannot decrypt a Secret' },
  'sops-shamir': { level: 'error', description: 'The keys open fewer groups than SOPS asks for' },
  'sops-mixed': { level: 'error', description: 'A Secret is put together of several encrypted files' },
  'sops-selector': { level: 'error', description: 'SOPS is told not to encrypt all of data and stringData' },
  'sops-names-encrypted': { level: 'warning', description: 'The kind or the name of an object is encrypted' },
  'sops-rule-recipients': { level: 'warning', description: 'A creation rule is for other recipients than the file' },
  'sops-rule-selector': { level: 'warning', description: 'A creation rule would encrypt too little or too much' },
  'sops-no-rule': { level: 'warning', description: 'No creation rule is for the file' },
  'flux-no-decryption': { level: 'error', description: 'Flux is not told to decrypt what it applies' },
  'flux-suspended': { level: 'warning', description: 'Flux is told not to apply a Secret for now' },
  'kustomize-failed': { level: 'error', description: 'kustomize cannot build a folder' },
  'kustomize-missing': { level: 'error', description: 'There is no kustomize to build a folder with' },
  'kustomize-remote': { level: 'note', description: 'A kustomization.yaml fetches something from elsewhere' },
  'age-key-in-git': { level: 'error', description: 'A private age key is in the repo' },
  'yaml-broken': { level: 'error', description: 'A file is not YAML' },
  'yaml-duplicate-key': { level: 'error', description: 'A mapping has the same key twice' },
  'file-too-large': { level: 'note', description: 'A file is too large to be read' },
  'file-not-text': { level: 'warning', description: 'A manifest is not text in UTF-8' },
  'file-unreadable': { level: 'error', description: 'A file or folder cannot be read' },
  'link-skipped': { level: 'note', description: 'A symbolic link leads out of the repo or nowhere' },
  escrow: { level: 'note', description: 'What neither the repo nor the cluster can show' },
} as const satisfies Record<string, { level: Level; description: string }>;

export type Rule = keyof typeof RULES;

/** Something that a person should know: what is where, why it matters, and what to do. Never a value. */
export interface Finding extends Place {
  readonly rule: Rule;
  readonly level: Level;
  readonly message: string;
  readonly remedy: string;
  /** The expected Secret that it is about, as `namespace/name`. */
  readonly secret?: string;
  readonly key?: string;
}

/** What a finding may have beside its rule, place, message and remedy. */
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

/** What is the matter and what to do, as a person reads it. */
export function sentences({ message, remedy }: Finding): string {
  return `${message}${message.endsWith('?') ? '' : '.'} ${remedy}.`;
}

/** In the order of files and lines, each once: the same repo gives the same report. */
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
