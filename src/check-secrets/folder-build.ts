/** Builds a folder if an expected Secret may come out of it. The files of other folders are taken as they are. */
import { posix } from 'node:path';
import type { Build } from './build';
import { builtSecret } from './built-secret';
import { closureOf, type Closure } from './closure';
import { additionsOf, addsNothing, FLUX, type FluxKustomization } from './flux-objects';
import { mentions, type GitContent } from './git-content';
import type { Kustomize } from './kustomize';
import { kustomized } from './kustomized';
import { MAKER_KINDS } from './secret-makers';
import { substituted } from './substitution';
import type { Value } from '../manifests/manifest';

/** A list of expected secrets, or a generator that makes it from a file. Files of Secrets often have its name. */
const LIST = /secrets\.yaml["']?\s*:|configMapGenerator[^]*secrets\.yaml|secrets\.yaml[^]*configMapGenerator/;

/** Texts that matter in any folder. */
const LEADS_ON = new RegExp(`${FLUX.source}|${LIST.source}|${MAKER_KINDS.source}`);

/** The means to build a folder. */
export interface Builder {
  readonly git: GitContent;
  readonly kustomize: Kustomize | null;
  /** The names of the expected Secrets. */
  readonly names: readonly string[];
}

export function buildFolder(
  { git, kustomize, names }: Builder,
  folder: string,
  flux: FluxKustomization | undefined,
): Build {
  const closure = closureOf(git, folder, flux);
  const { files, kustomizations } = closure;
  const listing = git.kustomizations.get(folder)?.path;
  const plain = { folder, flux, files, kustomization: listing };
  if (!matters(git, closure, names)) return plainBuild(git, { ...plain, isAnywhere: true });
  if (kustomize === null && isAsItIs(git, closure, flux)) return plainBuild(git, plain);
  const path = listing ?? posix.join(folder, 'kustomization.yaml');
  const output = kustomize === null ? undefined : kustomized(git, kustomize, folder, flux, closure, path);
  if (output === undefined) {
    const failure = kustomize === null ? 'no kustomize' : 'broken';
    return plainBuild(git, { ...plain, kustomization: path, isAnywhere: true, failure });
  }
  const others = output.filter(({ kind }) => kind !== 'Secret');
  const build: Build = {
    ...{ folder, flux, kustomization: path, files, failure: undefined },
    secrets: [],
    manifests: others,
    remote: kustomizations.flatMap(({ remote }) => remote),
    mentions: (text) => others.some(({ object }) => holds(object, text)),
    reach: 'applied',
    cluster: undefined,
  };
  const secrets = output
    .filter(({ kind }) => kind === 'Secret')
    .map((manifest) => builtSecret(git, build, manifest, kustomizations));
  return Object.assign(build, { secrets });
}

/** The files of a build that needs no kustomize. */
export interface PlainFiles extends Pick<Build, 'folder' | 'flux' | 'files' | 'kustomization'> {
  /** Whether a kustomization.yaml may give them another namespace. */
  readonly isAnywhere?: boolean;
  readonly failure?: Build['failure'];
  readonly reach?: Build['reach'];
}

/** A build of files as they are. */
export function plainBuild(git: GitContent, plain: PlainFiles): Build {
  const { folder, flux, files, kustomization, isAnywhere = false, failure, reach = 'applied' } = plain;
  const build: Build = {
    ...{ folder, flux, kustomization, files, failure, reach },
    secrets: [],
    manifests: [...files].flatMap((path) => git.manifests.get(path) ?? []),
    remote: [],
    mentions: () => false,
    cluster: undefined,
  };
  const sources = [...files].flatMap((path) => git.secrets.get(path) ?? []);
  const secrets = sources.map((source) => ({
    ...source,
    name: substituted(git, source.name, flux),
    namespace: source.namespace === undefined ? undefined : substituted(git, source.namespace, flux),
    nameInGit: source.name,
    source,
    isAnywhere,
    isMixed: false,
    build,
  }));
  return Object.assign(build, { secrets });
}

/**
 * True if an expected Secret may come out of a folder, even under another name. Most folders of a repo need no build.
 */
function matters(git: GitContent, { files, kustomizations }: Closure, names: readonly string[]): boolean {
  if (mentions(git, files, LEADS_ON)) return true;
  const texts = [...files].map((path) => git.texts.get(path) ?? '');
  if (names.some((name) => texts.some((text) => text.includes(name)))) return true;
  const inGit = [
    ...[...files].flatMap((path) => git.secrets.get(path) ?? []),
    ...kustomizations.flatMap(({ generators }) => generators),
  ];
  return inGit.some(({ name }) => name.includes('${') || names.some((expected) => expected.includes(name)));
}

/** True if a build that does not fail would change nothing. */
function isAsItIs(
  git: GitContent,
  { files, resources, kustomizations }: Closure,
  flux: FluxKustomization | undefined,
): boolean {
  return (
    resources !== undefined &&
    kustomizations.length === 0 &&
    (flux === undefined || addsNothing(additionsOf(flux))) &&
    !mentions(git, files, /^\s*["']?kind["']?: *["']?(Secret)?List\b|config\.kubernetes\.io\/local-config/m)
  );
}

/** True if a text is among the values. Several aliases may stand for one object, which is examined once. */
function holds(value: Value, text: string, seen = new Set<Value>()): boolean {
  if (typeof value !== 'object' || value === null) return value === text;
  if (seen.has(value)) return false;
  seen.add(value);
  return Object.values(value).some((one) => holds(one as Value, text, seen));
}
