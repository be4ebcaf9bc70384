/** The files that kustomize or Flux reads to build a folder. */
import { posix } from 'node:path';
import { additionsOf, type FluxKustomization } from './flux-objects';
import type { GitContent } from './git-content';
import { KUSTOMIZATION_NAMES, type KustomizationFile } from './kustomization-file';

/** The files of a folder. */
export interface Closure {
  readonly files: ReadonlySet<string>;
  /** The resources that Flux would list; undefined if the folder has a kustomization.yaml. */
  readonly resources: readonly string[] | undefined;
  readonly kustomizations: readonly KustomizationFile[];
}

/**
 * The files of a folder, anywhere in the repo.
 * @param flux the Kustomization that applies it, which may add components
 */
export function closureOf(git: GitContent, folder: string, flux?: FluxKustomization): Closure {
  const own = git.kustomizations.has(folder) ? listedFrom(git, folder) : allBelow(git, folder);
  const added = (flux === undefined ? [] : additionsOf(flux).components)
    .map((one) => posix.join(folder, typeof one === 'string' ? one : ''))
    .filter((one) => git.kustomizations.has(one))
    .map((one) => listedFrom(git, one));
  return {
    files: new Set([own, ...added].flatMap(({ files }) => [...files])),
    resources: own.resources,
    kustomizations: [...new Set([own, ...added].flatMap(({ kustomizations }) => kustomizations))],
  };
}

/** The files that the kustomization.yaml files of folders list, and those that these lead to. */
function listedFrom(git: GitContent, ...folders: readonly string[]): Closure {
  const files = new Set<string>();
  const kustomizations = new Set<KustomizationFile>();
  const enter = (folder: string): void => {
    const kustomization = git.kustomizations.get(folder);
    if (kustomization === undefined || kustomizations.has(kustomization)) return;
    kustomizations.add(kustomization);
    const names = KUSTOMIZATION_NAMES.map((name) => posix.join(folder, name)).filter((path) => git.parsed.has(path));
    for (const path of [...names, ...kustomization.files]) files.add(path);
    for (const inner of kustomization.folders) enter(inner);
  };
  for (const folder of folders) enter(folder);
  return { files, resources: undefined, kustomizations: [...kustomizations] };
}

/** All files below a folder without a kustomization.yaml, which Flux would list. */
function allBelow(git: GitContent, folder: string): Closure {
  const below = [...git.texts.keys()].filter((path) => folder === '.' || path.startsWith(`${folder}/`));
  const inner = new Set(below.flatMap((path) => folderBetween(git, folder, path) ?? []));
  const listed = listedFrom(git, ...inner);
  const own = below.filter(
    (path) =>
      folderBetween(git, folder, path) === undefined && /\.ya?ml$/.test(path) && posix.basename(path) !== '.sops.yaml',
  );
  const objects = own.filter((path) => /^\s*["']?kind["']?:/m.test(git.texts.get(path)!));
  return {
    files: new Set([...own, ...listed.files]),
    resources: [...inner, ...objects].map((path) => posix.relative(folder, path)),
    kustomizations: listed.kustomizations,
  };
}

/** The outermost folder with a kustomization.yaml on the way from a folder to a file. */
function folderBetween({ kustomizations }: GitContent, folder: string, path: string): string | undefined {
  const parts = posix.relative(folder, posix.dirname(path)).split('/');
  for (let depth = 1; depth <= parts.length; depth++) {
    const inner = posix.join(folder, ...parts.slice(0, depth));
    if (kustomizations.has(inner)) return inner;
  }
  return undefined;
}
