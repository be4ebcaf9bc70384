/** The check of a repo: for each expected Secret, the Secrets of the repo that are meant, and their problems. */
import { absentSecret } from './absent-secret';
import type { AppliedSecret } from './build';
import { buildsOf } from './builds';
import { rowOf, type Report, type Row } from './check-report';
import { checkValues } from './check-values';
import { deliveredBy, type Delivered } from './delivered';
import { idOf, isIn } from './expectation';
import { readGit } from './git-content';
import { Kustomize } from './kustomize';
import { presentSecret } from './present-secret';
import { promisedSecret } from './promised-secret';
import { duplicates, lackingClusters, plainTextTwins } from './secret-copies';
import { isEncrypted } from './secret-manifest';
import { SopsConfig } from './sops-config';
import type { Escrow, ExpectedList, ExpectedSecret } from '../manifests/expected-list';
import { finding, sorted, type Finding, type FindingOptions } from '../reports/findings';

/**
 * Compares the Secrets that a repo delivers with the expected secrets, without any key.
 * @param recipients the age recipients that may decrypt; any if the list is empty
 * @param kustomize the program that builds its folders; null if there is none
 */
export function check(
  list: ExpectedList,
  root: string,
  recipients: readonly string[],
  kustomize: Kustomize | null = Kustomize.onPath(),
): Report {
  const names = list.secrets.map((secret) => secret.name);
  const { git, findings } = readGit(root, names);
  const delivered = deliveredBy(git, buildsOf({ git, kustomize, names }), names);
  const sopsConfig = new SopsConfig([...git.parsed.values()]);
  const checked = list.secrets.map((secret) => checkSecret(delivered, secret, recipients, sopsConfig));
  return {
    lists: list.files,
    rows: checked.flatMap(({ rows }) => rows),
    findings: sorted([
      ...findings,
      ...list.escrow.map(attested),
      ...delivered.notBuilt.map((one) => one.finding),
      ...checked.flatMap((one) => one.findings),
    ]),
  };
}

function attested({ what, where, attestedOn, validUntil, place }: Escrow): Finding {
  return finding(
    'escrow',
    place,
    `${what} must be in ${where} (attested on ${attestedOn}, valid until ${validUntil}): no repo can show it`,
    'Look whether it is still there, and attest it anew',
  );
}

function checkSecret(
  delivered: Delivered,
  secret: ExpectedSecret,
  recipients: readonly string[],
  sopsConfig: SopsConfig,
): { rows: Row[]; findings: Finding[] } {
  const id = idOf(secret);
  const options = { secret: id };
  const { meant, unlisted } = candidates(delivered, secret);
  const promised = delivered.promises.filter(
    (one) => one.promised.name === secret.name && (one.namespace === undefined || isIn(one, secret.namespace)),
  );
  const values = meant.map((one) => checkValues(secret, one, options));
  const instead =
    promised.length > 0
      ? promised.flatMap((one) => promisedSecret(secret, one, options))
      : [absentSecret(delivered, secret, options)];
  const findings = [
    ...plainTextTwins(delivered, secret, meant, options),
    ...(meant.length === 0 ? instead : []),
    ...duplicates(meant, promised, options),
    ...lackingClusters(
      delivered,
      secret,
      [...meant, ...promised].map(({ build }) => build),
      options,
    ),
    ...unlisted.map((one) => doesNotCount(one, options)),
    ...meant.flatMap((one) => presentSecret(delivered.git, secret, one, recipients, sopsConfig, options)),
    ...values.flatMap((one) => one.findings),
  ];
  const unbuilt = delivered.notBuilt.filter(({ names }) => names.includes(secret.name)).map((one) => one.finding);
  const found = values.flatMap((one) => one.values);
  const place = (meant[0] ?? promised[0])?.place;
  return {
    rows: secret.expectations.map((one) => rowOf(one, id, found, [...findings, ...unbuilt], place)),
    findings,
  };
}

/** The Secrets that best fit an expectation, and the encrypted copies beside them that no kustomization.yaml lists. */
function candidates(
  { secrets }: Delivered,
  secret: ExpectedSecret,
): { meant: AppliedSecret[]; unlisted: AppliedSecret[] } {
  const here = secrets
    .filter((one) => one.name === secret.name || isFollowed(one, secret))
    .filter((one) => isIn(one, secret.namespace));
  const certain = here.filter(({ build }) => build.reach === 'applied');
  const choices = [certain.filter(isEncrypted), here.filter(isEncrypted), certain, here];
  const meant = choices.find((one) => one.length > 0) ?? [];
  const unlisted = here.filter((one) => isEncrypted(one) && !meant.includes(one) && one.build.reach === 'not-listed');
  return { meant, unlisted };
}

/** True if kustomize has renamed the Secret, and all references to it, too. */
function isFollowed({ build, nameInGit, name }: AppliedSecret, secret: ExpectedSecret): boolean {
  if (nameInGit !== secret.name || name === nameInGit || build.kustomization === undefined) return false;
  return build.mentions(name) && !build.mentions(nameInGit);
}

function doesNotCount(
  { file, place, build: { kustomization } }: AppliedSecret,
  options: FindingOptions & { readonly secret: string },
): Finding {
  return finding(
    'secret-not-listed',
    place,
    `${file} has Secret ${options.secret} too, and ${kustomization} does not list it: nothing applies it`,
    'Remove the copy that is not applied',
    { ...options, level: 'note' },
  );
}
