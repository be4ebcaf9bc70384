/** Copies of an expected Secret: copies in plain text, duplicates, and copies that a cluster lacks. */
import type { AppliedSecret, Build } from './build';
import type { Delivered, Promise } from './delivered';
import { isIn, isOptional } from './expectation';
import { generatedValues } from './generated-secret';
import { hasPlainText } from './secret-manifest';
import { substituted } from './substitution';
import type { ExpectedSecret } from '../manifests/expected-list';
import { text } from '../manifests/manifest';
import { finding, type Finding, type FindingOptions, type Place } from '../reports/findings';
import type { Level } from '../reports/level';

type Options = FindingOptions & { readonly secret: string };

/** A copy without encryption is as bad as no encryption. In another namespace it may be another team's. */
export function plainTextTwins(
  delivered: Delivered,
  secret: ExpectedSecret,
  meant: readonly AppliedSecret[],
  options: Options,
): Finding[] {
  const twin = (place: Place, level: Level): Finding =>
    finding(
      'plain-text-twin',
      place,
      `Secret ${secret.name} is here in plain text`,
      'Remove it; each reader of the history of the repo knows the values, so change them where that is possible',
      { ...options, level },
    );
  const manifests = [...delivered.git.secrets.values()]
    .flat()
    .filter((one) => hasPlainText(one) && !meant.some(({ source }) => source === one))
    .flatMap((one) => {
      const made = delivered.secrets.filter(({ source }) => source === one);
      if (![one, ...made].some(({ name }) => name === secret.name)) return [];
      const spaces = made.length > 0 ? made : [one];
      const isOurs = spaces.some(({ namespace }) => namespace === undefined || isIn({ namespace }, secret.namespace));
      return [twin(one.place, isOurs ? 'error' : 'warning')];
    });
  return [...manifests, ...plainSources(delivered, secret.name, meant).map((place) => twin(place, 'error'))];
}

/** The places at which the secretGenerators of that name read plain text. */
function plainSources({ git }: Delivered, expected: string, meant: readonly AppliedSecret[]): Place[] {
  return [...git.kustomizations.values()]
    .flatMap(({ generators }) => generators)
    .filter(
      ({ name, place }) => name === expected && !meant.some((one) => one.source === undefined && same(one, place)),
    )
    .flatMap((generator) => generatedValues(generator, git.repo).values)
    .filter(({ text: value, encrypted }) => value !== '' && encrypted === undefined)
    .map(({ place }) => place);
}

function same({ place }: { readonly place: Place }, { file, line }: Place): boolean {
  return place.file === file && place.line === line;
}

/** Findings about the same Secret twice in one cluster. */
export function duplicates(meant: readonly AppliedSecret[], promised: readonly Promise[], options: Options): Finding[] {
  const all = [...meant, ...(meant.length > 0 ? promised : [])];
  return all.flatMap(({ place, build }, index) => {
    const before = all.slice(0, index);
    const first = before.find((one) => one.build.cluster === build.cluster)?.place;
    if (first === undefined || before.some((one) => same(one, place))) return [];
    return [
      finding(
        'secret-duplicate',
        place,
        `Secret ${options.secret} is defined in ${first.file}:${first.line} already`,
        'Remove one of them, or name the folder of one cluster with --repo',
        options,
      ),
    ];
  });
}

/** Findings about clusters without the Secret: each cluster that applies the list needs it. */
export function lackingClusters(
  { git, builds }: Delivered,
  secret: ExpectedSecret,
  found: readonly Build[],
  options: Options,
): Finding[] {
  const required = secret.expectations.find((one) => !isOptional(one));
  if (found.length === 0 || secret.isElsewhere || required === undefined) return [];
  const hasList = ({ cluster, manifests, flux }: Build): boolean =>
    cluster !== undefined &&
    manifests.some(
      ({ kind, namespace, object }) =>
        kind === 'ConfigMap' &&
        text(object, 'data', 'secrets.yaml') !== undefined &&
        (substituted(git, namespace, flux) || undefined) === secret.namespace,
    );
  return builds
    .filter(hasList)
    .filter(({ cluster }) => !found.some((one) => one.cluster === cluster || one.cluster === undefined))
    .map(({ cluster, flux }) =>
      finding(
        'secret-missing',
        flux!.place,
        `Secret ${options.secret} is not in the cluster of ${cluster}, which applies the list: ${required.because}`,
        'Commit it for this cluster too, encrypted with sops',
        options,
      ),
    );
}
