/** The findings about a Secret that the repo has: its file, its way into the cluster, its encryption. */
import type { AppliedSecret } from './build';
import type { GitContent } from './git-content';
import { isEncrypted } from './secret-manifest';
import type { SopsConfig } from './sops-config';
import type { ExpectedSecret } from '../manifests/expected-list';
import { finding, type Finding, type FindingOptions, type Place } from '../reports/findings';

type Options = FindingOptions & { readonly secret: string };

/** The findings about a Secret, but for its values. */
export function presentSecret(
  git: GitContent,
  secret: ExpectedSecret,
  found: AppliedSecret,
  recipients: readonly string[],
  sopsConfig: SopsConfig,
  options: Options,
): Finding[] {
  return [
    ...wrongFile(secret, found, options),
    ...reachProblems(found, options),
    ...suspension(found, options),
    ...decryptionProblems(git, found, options),
    ...mixture(found, options),
    ...found.sops.flatMap((use) => [
      ...use.sops.problems(recipients, use.paths, options).map((one) => ({ ...one, ...use.place })),
      ...sopsConfig.problems(use.sops.path, use, found.source, options),
    ]),
  ];
}

function wrongFile(secret: ExpectedSecret, { file, place }: AppliedSecret, options: Options): Finding[] {
  const expected = secret.expectations.find(({ gitFile }) => gitFile !== undefined)?.gitFile;
  // The checked tree may be a folder of the repo.
  if (expected === undefined || `/${expected}`.endsWith(`/${file}`)) return [];
  return [
    finding(
      'secret-wrong-file',
      place,
      `Secret ${options.secret} is expected in ${expected}`,
      'Move it there, or correct gitFile',
      options,
    ),
  ];
}

function reachProblems({ build, file, place }: AppliedSecret, options: FindingOptions): Finding[] {
  const { reach, kustomization } = build;
  if (reach === 'applied') return [];
  if (reach === 'not-listed') {
    return [
      finding(
        'secret-not-listed',
        place,
        `${kustomization} does not list ${file}: nothing applies it`,
        'Add it to resources there',
        options,
      ),
    ];
  }
  return [
    finding(
      'secret-not-applied',
      place,
      `No Kustomization of Flux in this repo leads to ${file}`,
      'Put it below the path of a Kustomization, or correct that path',
      { ...options, level: reach === 'unknown' ? 'warning' : 'error' },
    ),
  ];
}

function suspension({ file, place, exclusion, build: { flux } }: AppliedSecret, options: Options): Finding[] {
  if (flux === undefined) return [];
  const suspended = (at: Place, what: string, remedy: string): Finding => {
    const message = `${what}: the cluster does not get ${file}, or has it as it was before`;
    return finding('flux-suspended', at, message, remedy, options);
  };
  return [
    ...(flux.isSuspended ? [suspended(flux.place, `${flux.name} is suspended`, 'Resume it: remove spec.suspend')] : []),
    ...(exclusion !== undefined
      ? [suspended(place, `${flux.name} leaves out objects with ${exclusion}`, 'Remove the annotation')]
      : []),
  ];
}

/** True if the repo starts kustomize-controller with a key for all Kustomizations. */
function hasKeyOfItsOwn({ texts }: GitContent): boolean {
  return [...texts.values()].some((text) => text.includes('--sops-age-secret'));
}

function decryptionProblems(git: GitContent, found: AppliedSecret, options: Options): Finding[] {
  const { sops, source, file, place } = found;
  const { flux } = found.build;
  const problems: Finding[] = [];
  // Each plain value of a generated Secret has a finding of its own.
  if (sops.length === 0 && (source !== undefined || isEncrypted(found))) {
    problems.push(
      finding(
        'sops-missing',
        place,
        `Secret ${options.secret} has no sops metadata beside it: nothing can decrypt it`,
        'Encrypt the file with sops; if it was encrypted once, restore it from Git',
        options,
      ),
    );
  } else if (sops.length > 0 && flux !== undefined && !flux.decrypts) {
    problems.push(
      finding(
        'flux-no-decryption',
        flux.place,
        `${flux.name} applies ${file} and has no spec.decryption: the cluster gets the ciphertext`,
        'Set spec.decryption.provider to sops, and secretRef to the Secret with the age key',
        options,
      ),
    );
  } else if (flux !== undefined && !flux.hasKey && !hasKeyOfItsOwn(git) && sops.some((use) => use.sops.needsKeyFile)) {
    problems.push(
      finding(
        'flux-no-decryption',
        flux.place,
        `${flux.name} has spec.decryption without a secretRef, so kustomize-controller itself must have the key of ${file}`,
        'Set spec.decryption.secretRef to the Secret with the age key, or start the controller with --sops-age-secret',
        { ...options, level: 'warning' },
      ),
    );
  }
  return problems;
}

function mixture({ place, isMixed }: AppliedSecret, options: Options): Finding[] {
  if (!isMixed) return [];
  return [
    finding(
      'sops-mixed',
      place,
      `Secret ${options.secret} has the metadata of another encrypted file, which a patch brings: only the values ` +
        'of one of them can be decrypted',
      'Keep all keys of the Secret in one encrypted file',
      options,
    ),
  ];
}
