import { posix } from 'node:path';
import { isScalar, type Document, type Node } from 'yaml';
import type { SecretManifest, SopsUse } from './secret-manifest';
import { expression, isSelected } from './sops';
import { finding, type Finding, type FindingOptions } from '../reports/findings';
import { child, childText, items, text, type YamlFile } from '../manifests/yaml-file';

/** The paths that Kubernetes, kustomize and Flux must be able to read. */
const IN_CLEAR = [['apiVersion'], ['kind'], ['metadata', 'name'], ['metadata', 'namespace']];

interface CreationRule {
  readonly node: Node;
  readonly document: Document;
  readonly file: YamlFile;
}

/** The creation rules of a repo, by which SOPS encrypts new files, and files on which `sops updatekeys` is run. */
export class SopsConfig {
  private readonly rules = new Map<string, CreationRule[]>();

  static isOne(path: string): boolean {
    return posix.basename(path) === '.sops.yaml';
  }

  constructor(files: readonly YamlFile[]) {
    for (const file of files.filter(({ path }) => SopsConfig.isOne(path))) {
      const [document] = file.documents;
      const listed =
        document === undefined ? [] : items(document, child(document, document.contents, 'creation_rules'));
      const rules = listed.map((node) => ({ node, document: document!, file }));
      this.rules.set(posix.dirname(file.path), rules);
    }
  }

  /**
   * Findings about the effects of encrypting a file anew.
   * @param manifest the Secret in the file; undefined if the file is the source of a secretGenerator
   */
  problems(path: string, use: SopsUse, manifest: SecretManifest | undefined, options: FindingOptions): Finding[] {
    const home = this.home(path);
    if (home === undefined) return [];
    const inHome = posix.relative(home, path);
    const rule = this.rules.get(home)!.find((one) => matches(one, inHome));
    if (rule === undefined) {
      return [
        finding(
          'sops-no-rule',
          { file: posix.join(home, '.sops.yaml'), line: 1, column: 1 },
          `No creation rule matches ${path}: sops cannot encrypt it anew`,
          'Add a rule whose path_regex matches it',
          options,
        ),
      ];
    }
    return [...recipientProblems(rule, path, use, options), ...selectorProblems(rule, path, use, manifest, options)];
  }

  /** The folder of the configuration that SOPS finds first, from the file upwards. */
  private home(path: string): string | undefined {
    for (let folder = posix.dirname(path); ; folder = posix.dirname(folder)) {
      if (this.rules.has(folder)) return folder;
      if (folder === '.' || folder === '/') return undefined;
    }
  }
}

function matches({ node, document }: CreationRule, path: string): boolean {
  const pattern = childText(document, node, 'path_regex');
  try {
    return pattern === undefined || pattern === '' || expression(pattern).test(path);
  } catch {
    return false;
  }
}

function recipientProblems(rule: CreationRule, path: string, { sops }: SopsUse, options: FindingOptions): Finding[] {
  const { node, document, file } = rule;
  const groups = [node, ...items(document, child(document, node, 'key_groups'))];
  const named = new Set(groups.flatMap((group) => recipientsIn(document, child(document, group, 'age'))));
  const present = new Set(sops.ageRecipients);
  const more = [...named].filter((one) => !present.has(one));
  const fewer = [...present].filter((one) => !named.has(one));
  if (more.length + fewer.length === 0) return [];
  const change = [
    ...(more.length > 0 ? [`for ${more.join(', ')} too`] : []),
    ...(fewer.length > 0 ? [`no longer for ${fewer.join(', ')}`] : []),
  ].join(', and ');
  return [
    finding(
      'sops-rule-recipients',
      file.place(child(document, node, 'age') ?? child(document, node, 'key_groups') ?? node),
      `This creation rule would encrypt ${path} ${change}`,
      more.length > 0 && fewer.length === 0
        ? 'Correct the rule, or run sops updatekeys on the file'
        : 'Correct the rule: the next file that is encrypted by it may not be readable in the cluster',
      options,
    ),
  ];
}

/** A text with commas, or a list. */
function recipientsIn(document: Document, node: Node | undefined): string[] {
  const listed = isScalar(node) ? [node] : items(document, node);
  return listed
    .flatMap((one) => (text(one) ?? '').split(','))
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

function selectorProblems(
  { node, document, file }: CreationRule,
  path: string,
  { paths }: SopsUse,
  manifest: SecretManifest | undefined,
  options: FindingOptions,
): Finding[] {
  const selector = (name: string): string | undefined => childText(document, node, name) || undefined;
  const remedy = 'Set encrypted_regex: ^(data|stringData)$ in the rule';
  const problem = (what: string): Finding[] => [
    finding('sops-rule-selector', file.place(node), `This creation rule would ${what}`, remedy, options),
  ];
  try {
    const left = paths.find((one) => !isSelected(one, selector));
    if (left !== undefined) return problem(`leave ${left.join('.')} of ${path} in plain text`);
    const hidden = manifest === undefined ? undefined : IN_CLEAR.find((one) => isSelected(one, selector));
    return hidden === undefined ? [] : problem(`encrypt ${hidden.join('.')} of ${path}, which must stay readable`);
  } catch {
    return problem(`leave ${path} in plain text: its selector is not a regular expression`);
  }
}
