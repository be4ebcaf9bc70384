/** A Secret of kustomize's output, with the places and the SOPS metadata of its sources. */
import type { AppliedSecret, Build } from './build';
import { generatedValues } from './generated-secret';
import type { GitContent } from './git-content';
import type { PlacedManifest } from './placed-manifest';
import { KustomizationFile } from './kustomization-file';
import { pathsOf, secretValue, type SecretValue } from './secret-manifest';
import { substituted } from './substitution';
import { at, text, type Value } from '../manifests/manifest';
import type { Place } from '../reports/findings';

/** https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources */
const EXCLUSIONS = [
  ['kustomize.toolkit.fluxcd.io/reconcile', 'disabled'],
  ['kustomize.toolkit.fluxcd.io/ssa', 'Ignore'],
] as const;

/** @param kustomizations all kustomization.yaml files of the build */
export function builtSecret(
  git: GitContent,
  build: Build,
  manifest: PlacedManifest,
  kustomizations: readonly KustomizationFile[],
): AppliedSecret {
  const { name, namespace, object, file } = manifest;
  const final = {
    name: substituted(git, name, build.flux),
    namespace: namespace === '' ? undefined : substituted(git, namespace, build.flux),
    isAnywhere: false,
    exclusion: EXCLUSIONS.find(([name, value]) => text(object, 'metadata', 'annotations', name) === value)?.join(': '),
    file,
    build,
  };
  const made = KustomizationFile.isOne(file) ? generated(git, manifest, kustomizations) : undefined;
  return { ...final, ...(made ?? fromManifest(git, manifest)) };
}

type Origin = Pick<AppliedSecret, 'nameInGit' | 'source' | 'place' | 'namespacePlace' | 'values' | 'sops' | 'isMixed'>;

/** @returns undefined if no generator makes a Secret of this name */
function generated(
  git: GitContent,
  { name, object, file }: PlacedManifest,
  kustomizations: readonly KustomizationFile[],
): Origin | undefined {
  const mine = nearest(
    kustomizations.flatMap((one) => one.generators),
    name,
  );
  const generator = mine.find((one) => one.place.file === file) ?? mine[0];
  if (generator === undefined) return undefined;
  const keys = new Set(Object.keys((at(object, 'data') ?? {}) as object));
  const made = mine.map((one) => generatedValues(one, git.repo));
  return {
    nameInGit: generator.name,
    source: undefined,
    place: generator.place,
    namespacePlace: generator.place,
    values: made.flatMap(({ values }) => values).filter(({ key }) => keys.has(key)),
    sops: made.flatMap(({ sops }) => sops),
    isMixed: false,
  };
}

function fromManifest(git: GitContent, manifest: PlacedManifest): Origin {
  const { name, object, file } = manifest;
  const inFile = git.secrets.get(file) ?? [];
  const source = nearest(inFile, name)[0] ?? inFile[0];
  const place = source?.place ?? manifest.place;
  const values = valuesOf(object, source?.values ?? [], place);
  const mac = text(object, 'sops', 'mac');
  const own = source?.sops[0];
  const use = mac === undefined || mac === own?.sops.mac ? own : git.sopsUses.get(mac);
  const isLost = at(object, 'sops') === undefined;
  return {
    nameInGit: source?.name ?? name,
    source,
    place,
    namespacePlace: source?.namespacePlace ?? place,
    values,
    sops: isLost || use === undefined ? [] : [{ ...use, paths: pathsOf(values, source?.above ?? []) }],
    isMixed: own !== undefined && mac !== undefined && mac !== own.sops.mac,
  };
}

/** The objects whose names are the longest part of a name: kustomize adds to its ends. */
function nearest<T extends { readonly name: string }>(all: readonly T[], name: string): T[] {
  const within = all.filter((one) => one.name !== '' && name.includes(one.name));
  const most = Math.max(...within.map((one) => one.name.length));
  return within.filter((one) => one.name.length === most);
}

/** The values, each with its place if it is in Git unchanged. */
function valuesOf(object: Value, inGit: readonly SecretValue[], place: Place): SecretValue[] {
  return (['data', 'stringData'] as const).flatMap((field) =>
    Object.entries((at(object, field) ?? {}) as { [key: string]: Value }).map(([key, value]) => {
      const same = inGit.find((one) => one.path === `${field}.${key}` && one.text === scalar(value));
      return same ?? secretValue(field, key, scalar(value), place);
    }),
  );
}

function scalar(value: Value): string | undefined {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? undefined : String(value);
}
