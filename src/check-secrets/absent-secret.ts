/** The finding about an expected Secret that the repo does not have. */
import type { AppliedSecret } from './build';
import type { Delivered } from './delivered';
import { isIn, isOptional } from './expectation';
import { isEncrypted, keysOf } from './secret-manifest';
import type { Expectation, ExpectedSecret } from '../manifests/expected-list';
import { finding, type Finding, type FindingOptions } from '../reports/findings';

type Options = FindingOptions & { readonly secret: string };

/** The finding with the most helpful reason for its absence. */
export function absentSecret(delivered: Delivered, secret: ExpectedSecret, options: Options): Finding {
  const required = secret.expectations.filter((one) => !isOptional(one));
  if (secret.isElsewhere || required.length === 0) return notHere(required[0] ?? secret.expectations[0]!, options);
  const renamed = delivered.secrets.find(
    (one) => one.nameInGit === secret.name && one.name !== secret.name && isIn(one, secret.namespace),
  );
  if (renamed !== undefined) return renaming(renamed, secret, options);
  const named = delivered.secrets.filter((one) => one.name === secret.name);
  return named.length > 0 ? inAnotherNamespace(named, secret, options) : missing(delivered, secret, required, options);
}

function notHere(expectation: Expectation, options: Options): Finding {
  return finding(
    'secret-not-in-repo',
    expectation.place,
    `Secret ${options.secret} is not in this repo, ${reasonOf(expectation)}: it was not checked`,
    'Check it in the cluster, and keep a copy where you keep the keys',
    options,
  );
}

function inAnotherNamespace(named: readonly AppliedSecret[], secret: ExpectedSecret, options: Options): Finding {
  const { name, namespace } = secret;
  const first = named.find(isEncrypted) ?? named[0]!;
  const shown = new Set(named.filter(({ source }) => source === first.source).map((one) => one.namespace));
  return finding(
    'secret-wrong-namespace',
    first.namespacePlace,
    `Secret ${name} is in ${[...shown].map((one) => one ?? 'no namespace').join(', ')}, expected in ${namespace}`,
    `Set metadata.namespace to ${namespace}, or the namespace of the kustomization.yaml that lists the file`,
    options,
  );
}

function missing(
  { secrets, names }: Delivered,
  secret: ExpectedSecret,
  required: readonly Expectation[],
  options: Options,
): Finding {
  const { place, because, gitFile } = required[0]!;
  const keys = required.map(({ key }) => key).filter((key) => key !== undefined);
  const alike = secrets.filter(
    (one) => !names.includes(one.name) && isIn(one, secret.namespace) && keys.some((key) => keysOf(one).includes(key)),
  );
  const hint = alike.length !== 1 ? '' : `; ${alike[0]!.name} has such a key: ${question(alike[0]!)}`;
  return finding(
    'secret-missing',
    alike.length === 1 ? alike[0]!.place : place,
    `Secret ${options.secret}${keys.length > 0 ? ` (${keys.join(', ')})` : ''} is not in the repo: ${because}${hint}`,
    `Commit it, encrypted with sops${gitFile === undefined ? '' : `, as ${gitFile}`}; or set provider to the tool that ` +
      'brings it into the cluster, or optionalUntil to the event that makes it there',
    options,
  );
}

function reasonOf({ provider, optionalUntil }: Expectation): string {
  if (provider !== undefined) return `as ${provider} brings it`;
  return optionalUntil === undefined ? 'as it is of another namespace' : `and need not be until ${optionalUntil}`;
}

function question({ name, build: { flux } }: AppliedSecret): string {
  const [variable] = /\$\{[^}]*\}/.exec(name) ?? [];
  return variable === undefined || flux === undefined
    ? 'is it that one?'
    : `${flux.name} has no value for ${variable} in spec.postBuild.substitute`;
}

function renaming(
  { place, nameInGit, name, build: { kustomization }, source }: AppliedSecret,
  secret: ExpectedSecret,
  options: Options,
): Finding {
  return finding(
    'secret-renamed',
    place,
    `${kustomization} renames Secret ${nameInGit} to ${name}, and the pods ask for ${secret.name}`,
    source === undefined && name.startsWith(`${nameInGit}-`)
      ? 'Set options.disableNameSuffixHash: true for it'
      : `Keep namePrefix and nameSuffix from it, or expect ${name}`,
    options,
  );
}
