/** The content of a repo in Git: texts, the YAML that matters, its Secrets and its kustomization.yaml files. */
import { Document } from 'yaml';
import { KustomizationFile } from './kustomization-file';
import type { PlacedManifest } from './placed-manifest';
import { Repo } from './repo';
import { MAKER_KINDS } from './secret-makers';
import { documentProblems, secretsIn, type SecretManifest, type SopsUse } from './secret-manifest';
import { SopsConfig } from './sops-config';
import { manifestsOf, type Manifest } from '../manifests/manifest';
import { readRepo, type RepoFile } from '../manifests/repo-files';
import { childText, YamlFile } from '../manifests/yaml-file';
import type { Finding } from '../reports/findings';

/** The files that have to do with Secrets. The others are not parsed. */
const RELEVANT = new RegExp(
  `Secret|secretGenerator|^["']?sops["']?:|ENC\\[|(kustomize|source)\\.toolkit|FluxInstance|secrets\\.yaml|${MAKER_KINDS.source}`,
  'm',
);

/** The kinds that are read as plain objects; Secrets have a reader of their own. */
const READ = new RegExp(`^(Kustomization|FluxInstance|GitRepository|ConfigMap)$|${MAKER_KINDS.source}`);

/** The content of a repo in Git. */
export interface GitContent {
  readonly repo: Repo;
  /** The manifests, by path. */
  readonly texts: ReadonlyMap<string, string>;
  /** The files that have to do with Secrets. */
  readonly parsed: ReadonlyMap<string, YamlFile>;
  /** The objects of each of these files, but for its Secrets. */
  readonly manifests: ReadonlyMap<string, readonly PlacedManifest[]>;
  /** By folder. */
  readonly kustomizations: ReadonlyMap<string, KustomizationFile>;
  /** By file. */
  readonly secrets: ReadonlyMap<string, readonly SecretManifest[]>;
  /** By MAC. */
  readonly sopsUses: ReadonlyMap<string, SopsUse>;
}

/**
 * Reads a repo, and returns findings about the files that cannot be read.
 * @param names the names of the expected Secrets
 */
export function readGit(root: string, names: readonly string[]): { git: GitContent; findings: Finding[] } {
  const { files, findings } = readRepo(root);
  const repo = new Repo(root);
  const parsed = new Map<string, YamlFile>();
  const manifests = new Map<string, PlacedManifest[]>();
  const kustomizations = new Map<string, KustomizationFile>();
  const secrets = new Map<string, SecretManifest[]>();
  for (const { path, text } of files.filter(matters)) {
    const file = new YamlFile(path, text);
    parsed.set(path, file);
    manifests.set(path, manifestsIn(file));
    for (const problem of problemsOf(file, text, names)) findings.push(problem);
    secrets.set(
      path,
      file.documents.flatMap((document) => secretsIn(file, document)),
    );
    if (KustomizationFile.isOne(path)) {
      const kustomization = new KustomizationFile(file, file.documents[0] ?? new Document(null), repo);
      kustomizations.set(kustomization.folder, kustomization);
    }
  }
  const uses = [...secrets.values()].flat().flatMap(({ sops }) => sops);
  const sopsUses = new Map(uses.map((use) => [use.sops.mac ?? '', use]));
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  return { git: { repo, texts, parsed, manifests, kustomizations, secrets, sopsUses }, findings };
}

/** True if the text of any of the files matches. */
export function mentions({ texts }: GitContent, files: Iterable<string>, pattern: RegExp): boolean {
  for (const path of files) if (pattern.test(texts.get(path) ?? '')) return true;
  return false;
}

function manifestsIn(file: YamlFile): PlacedManifest[] {
  return file.documents.flatMap((document) =>
    objectsIn(file.path, document).map((one) => ({ ...one, place: file.place(document.contents as never) })),
  );
}

function matters({ path, text }: RepoFile): boolean {
  return RELEVANT.test(text) || KustomizationFile.isOne(path) || SopsConfig.isOne(path);
}

function problemsOf(file: YamlFile, text: string, names: readonly string[]): Finding[] {
  // Templates need not be YAML yet; an encrypted file, or one of ours, must be.
  const isOurs = text.includes('ENC[AES256_GCM') || names.some((name) => text.includes(name));
  return [
    ...(file.problem === undefined ? [] : [{ ...file.problem, level: isOurs ? 'error' : 'note' } as const]),
    ...file.documents
      .filter((document) => secretsIn(file, document).length > 0 || document.has('sops'))
      .flatMap((document) => documentProblems(file, document)),
  ];
}

function objectsIn(path: string, document: Document): Manifest[] {
  const kind = childText(document, document.contents, 'kind') ?? '';
  if (!READ.test(kind)) return [];
  try {
    return manifestsOf(path, document.toJS({ maxAliasCount: 100 }));
  } catch {
    return []; // aliases without end
  }
}
