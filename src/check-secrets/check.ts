import { posix } from 'node:path';
import { Builds, RELEVANT, type AppliedSecret, type Build } from './builds';
import { checkValues, type FoundValue } from './check-values';
import { generatedValues } from './generated-secret';
import { KustomizationFile } from './kustomization-file';
import { Kustomize } from './kustomize';
import { Repo } from './repo';
import { promisesOf, type PromisedSecret } from './secret-makers';
import { documentProblems, hasPlainText, isEncrypted, keysOf, secretsIn, type SecretManifest } from './secret-manifest';
import { SopsConfig } from './sops-config';
import type { ExpectedList, ExpectedSecret, Expectation } from '../manifests/expected-list';
import { text as textAt } from '../manifests/manifest';
import { readRepo } from '../manifests/repo-files';
import { YamlFile } from '../manifests/yaml-file';
import { LEVELS, type Level } from '../reports/level';
import { finding, sorted, type Finding, type FindingOptions, type Place } from '../reports/findings';

/** What became of one expectation. */
export interface Row {
  readonly secret: string;
  readonly key: string | undefined;
  readonly because: string;
  readonly level: Level | 'ok';
  /** The place of the key, or else of the Secret, in the repo. */
  readonly place: Place | undefined;
  /** What the ciphertext tells of the length, in bytes. */
  readonly length: FoundValue['length'];
}

export interface Report {
  readonly lists: readonly string[];
  readonly rows: readonly Row[];
  readonly findings: readonly Finding[];
}

/**
 * Holds what a repo makes of its manifests against the expected secrets, without any key.
 * @param recipients the age recipients that may decrypt; any, where there is none
 * @param kustomize what builds its folders; null where there is none
 */
export function check(
  list: ExpectedList,
  root: string,
  recipients: readonly string[],
  kustomize: Kustomize | null = Kustomize.onPath(),
): Report {
  const { files, findings } = readRepo(root);
  const matters = files.filter(
    ({ path, text }) => RELEVANT.test(text) || KustomizationFile.isOne(path) || SopsConfig.isOne(path),
  );
  const parsed = new Map(matters.map(({ path, text }) => [path, new YamlFile(path, text)]));
  const names = list.secrets.map((secret) => secret.name);
  for (const { path, text } of matters) {
    const file = parsed.get(path)!;
    if (file.problem !== undefined) {
      // Templates need not be YAML yet; an encrypted file, or one of ours, must be.
      const isOurs = text.includes('ENC[AES256_GCM') || names.some((name) => text.includes(name));
      findings.push({ ...file.problem, level: isOurs ? 'error' : 'note' });
    }
    for (const document of file.documents) {
      if (secretsIn(file, document).length > 0 || document.has('sops'))
        for (const problem of documentProblems(file, document)) findings.push(problem);
    }
  }
  const repo = new Repo(root);
  const builds = new Builds(repo, files, parsed, kustomize, names);
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const check = new Check(repo, texts, builds, new SopsConfig([...parsed.values()]), recipients, list.secrets);
  const rows = list.secrets.flatMap((secret) => check.secret(secret));
  for (const { what, where, attestedOn, validUntil, place } of list.escrow) {
    findings.push(
      finding(
        'escrow',
        place,
        `${what} must be in ${where} (attested on ${attestedOn}, valid until ${validUntil}): no repo can show it`,
        'Look after it, and attest it anew',
      ),
    );
  }
  return {
    lists: list.files,
    rows,
    findings: sorted([...findings, ...check.notBuilt.map((one) => one.finding), ...check.findings]),
  };
}

/** A Secret that an object of the repo promises. */
interface Promise {
  readonly promised: PromisedSecret;
  readonly maker: string;
  readonly namespace: string | undefined;
  readonly place: Place;
  readonly build: Build;
}

interface NotBuilt {
  /** The expected Secrets whose names are in its files. */
  readonly names: readonly string[];
  readonly finding: Finding;
}

class Check {
  readonly findings: Finding[] = [];
  readonly notBuilt: readonly NotBuilt[];
  private readonly applied: readonly AppliedSecret[];
  private readonly promises: readonly Promise[];
  private readonly expectedNames: readonly string[];

  constructor(
    private readonly repo: Repo,
    private readonly texts: ReadonlyMap<string, string>,
    private readonly builds: Builds,
    private readonly sopsConfig: SopsConfig,
    private readonly recipients: readonly string[],
    expected: readonly ExpectedSecret[],
  ) {
    this.expectedNames = expected.map((one) => one.name);
    this.notBuilt = builds.all.flatMap((build) => this.unbuilt(build));
    this.applied = builds.all.flatMap((build) => build.secrets);
    this.promises = builds.all.flatMap((build) =>
      build.manifests.flatMap((manifest) =>
        promisesOf(manifest).map((promised) => ({
          promised: { ...promised, name: builds.substituted(promised.name, build.flux) },
          maker: `${manifest.kind} ${manifest.name}`,
          namespace: manifest.namespace === '' ? undefined : builds.substituted(manifest.namespace, build.flux),
          place: manifest.place,
          build,
        })),
      ),
    );
  }

  secret(secret: ExpectedSecret): Row[] {
    const id = idOf(secret);
    const options = { secret: id };
    const before = this.findings.length;
    const named = this.applied.filter((one) => one.name === secret.name || this.isFollowed(one, secret));
    const here = named.filter((one) => isIn(one, secret.namespace));
    const certain = here.filter(({ build }) => build.reach === 'applied');
    const reached = certain.length > 0 ? certain : here;
    const encrypted = reached.filter(isEncrypted);
    const promised = this.promises.filter(
      (one) => one.promised.name === secret.name && (one.namespace === undefined || isIn(one, secret.namespace)),
    );
    const meant = encrypted.length > 0 ? encrypted : here.some(isEncrypted) ? here.filter(isEncrypted) : reached;
    this.add(this.twins(secret, meant, options));
    if (meant.length === 0 && promised.length > 0) this.add(promised.flatMap((one) => kept(secret, one, options)));
    else if (meant.length === 0) this.add(this.absent(secret, options));
    this.add(this.duplicates(meant, promised, options));
    this.add(
      this.clusters(secret, [...meant.map(({ build }) => build), ...promised.map(({ build }) => build)], options),
    );
    for (const { build, file, place } of here.filter((one) => isEncrypted(one) && !meant.includes(one))) {
      if (build.reach !== 'not-listed') continue;
      this.findings.push(
        finding(
          'secret-not-listed',
          place,
          `${file} has Secret ${id} too, and ${build.kustomization} does not list it: nothing applies it`,
          'Remove the copy that does not count',
          { ...options, level: 'note' },
        ),
      );
    }
    const found = meant.map((manifest) => ({ manifest, values: this.manifest(secret, manifest, options) }));
    const unbuilt = this.notBuilt.filter(({ names }) => names.includes(secret.name)).map((one) => one.finding);
    const mine = [...this.findings.slice(before), ...unbuilt];
    const place = promised[0]?.place;
    return secret.expectations.map((expectation) => row(expectation, id, found, mine, place));
  }

  /** What could not be built, what would have been fetched, and the expected Secrets that it is about. */
  private unbuilt({ kustomization, failure, remote, files, flux }: Build): NotBuilt[] {
    const fetched = remote.map(({ entry, place }) => ({
      names: [],
      finding: finding(
        'kustomize-remote',
        place,
        `${entry} is fetched from elsewhere: what it brings was not checked`,
        'Keep a copy of it in the repo if it has to do with the expected Secrets',
      ),
    }));
    if (failure === undefined) return fetched;
    const names = this.expectedNames.filter((name) => [...files].some((path) => this.texts.get(path)?.includes(name)));
    const path = kustomization ?? '.';
    const folder = posix.dirname(path);
    const place = flux === undefined || this.texts.has(path) ? { file: path, line: 1, column: 1 } : flux.place;
    const problem =
      failure === 'broken'
        ? finding(
            'kustomize-failed',
            place,
            `kustomize cannot build ${folder}: its files were taken as they are`,
            `Run kubectl kustomize ${folder}, and correct what it says`,
            { level: names.length > 0 ? 'error' : 'warning' },
          )
        : finding(
            'kustomize-missing',
            place,
            `${folder} was not built, as PATH has neither kustomize nor kubectl: its files were taken as they are`,
            'Install kubectl or kustomize where the check runs',
          );
    return [...fetched, { names, finding: problem }];
  }

  private manifest(secret: ExpectedSecret, manifest: AppliedSecret, options: { secret: string }): FoundValue[] {
    const { build, source } = manifest;
    const gitFile = secret.expectations.map((one) => one.gitFile).find((path) => path !== undefined);
    // What is checked may be a folder of the repo.
    if (gitFile !== undefined && !`/${gitFile}`.endsWith(`/${manifest.file}`)) {
      this.findings.push(
        finding(
          'secret-wrong-file',
          manifest.place,
          `Secret ${options.secret} is expected in ${gitFile}`,
          'Move it there, or correct gitFile',
          options,
        ),
      );
    }
    this.add(reachProblems(manifest, options));
    // What is generated and plain says so itself, value by value.
    if (manifest.sops.length === 0 && (source !== undefined || isEncrypted(manifest))) {
      this.findings.push(
        finding(
          'sops-missing',
          manifest.place,
          `Secret ${options.secret} has no sops metadata beside it: nothing can decrypt it`,
          'Encrypt the file with sops; if it was encrypted once, restore it from Git',
          options,
        ),
      );
    } else if (manifest.sops.length > 0 && build.flux !== undefined && !build.flux.decrypts) {
      this.findings.push(
        finding(
          'flux-no-decryption',
          build.flux.place,
          `${build.flux.name} applies ${manifest.file} and has no spec.decryption: the cluster gets the ciphertext`,
          'Set spec.decryption.provider to sops, and secretRef to the Secret with the age key',
          options,
        ),
      );
    }
    if (manifest.isMixed) {
      this.findings.push(
        finding(
          'sops-mixed',
          manifest.place,
          `Secret ${options.secret} has the metadata of another encrypted file, which a patch brings: only the values ` +
            'of one of them can be decrypted',
          'Keep all keys of the Secret in one encrypted file',
          options,
        ),
      );
    }
    for (const use of manifest.sops) {
      const problems = use.sops.problems(this.recipients, use.paths, options);
      this.add(use.place === undefined ? problems : problems.map((one) => ({ ...one, ...use.place })));
      this.add(this.sopsConfig.problems(use.sops.path, use, source, options));
    }
    const { findings, values } = checkValues(secret, manifest, options);
    this.add(findings);
    return values;
  }

  /** A copy without encryption is as bad as no encryption; under another namespace it may be another team's. */
  private twins(secret: ExpectedSecret, meant: readonly AppliedSecret[], options: { secret: string }): Finding[] {
    const twin = (place: Place, level: Level): Finding =>
      finding(
        'plain-text-twin',
        place,
        `Secret ${secret.name} is here in plain text`,
        'Remove it; each reader of the history of the repo knows the values, so change them where that is possible',
        { ...options, level },
      );
    const isMeant = (one: SecretManifest): boolean => meant.some(({ source }) => source === one);
    const manifests = this.builds.inGit
      .filter((one) => hasPlainText(one) && !isMeant(one))
      .filter((one) => [one.name, ...this.made(one).map(({ name }) => name)].includes(secret.name))
      .map((one) => {
        const made = this.made(one).map(({ namespace }) => namespace);
        const spaces = made.length > 0 ? made : [one.namespace];
        const isOurs = spaces.some((space) => space === undefined || isIn({ namespace: space }, secret.namespace));
        return twin(one.place, isOurs ? 'error' : 'warning');
      });
    const isMeantToo = (place: Place): boolean =>
      meant.some(
        ({ source, place: { file, line } }) => source === undefined && file === place.file && line === place.line,
      );
    const generated = [...this.builds.kustomizations.values()]
      .flatMap(({ generators }) => generators)
      .filter((one) => one.name === secret.name && !isMeantToo(one.place))
      .flatMap((one) => generatedValues(one, this.repo).values)
      .filter(({ text, encrypted }) => text !== '' && encrypted === undefined)
      .map(({ place }) => twin(place, 'error'));
    return [...manifests, ...generated];
  }

  private made(manifest: SecretManifest): AppliedSecret[] {
    return this.applied.filter(({ source }) => source === manifest);
  }

  private duplicates(
    meant: readonly AppliedSecret[],
    promised: readonly Promise[],
    options: { secret: string },
  ): Finding[] {
    const findings: Finding[] = [];
    const report = (place: Place, first: Place): void => {
      findings.push(
        finding(
          'secret-duplicate',
          place,
          `Secret ${options.secret} is defined in ${first.file}:${first.line} already`,
          'Remove one of them, or name the folder of one cluster with --repo',
          options,
        ),
      );
    };
    const all = [...meant, ...(meant.length > 0 ? promised : [])];
    const same = (a: Place, b: Place): boolean => a.file === b.file && a.line === b.line;
    all.forEach(({ place, build }, index) => {
      if (all.slice(0, index).some((one) => same(one.place, place))) return;
      const first = all.slice(0, index).find((one) => one.build.cluster === build.cluster);
      if (first !== undefined) report(place, first.place);
    });
    return findings;
  }

  /** Each cluster that applies the list needs the Secret. */
  private clusters(secret: ExpectedSecret, found: readonly Build[], options: { secret: string }): Finding[] {
    const required = secret.expectations.find((one) => !isOptional(one));
    if (found.length === 0 || secret.isElsewhere || required === undefined) return [];
    const lists = this.builds.all.filter(
      ({ cluster, manifests, flux }) =>
        cluster !== undefined &&
        manifests.some(
          (one) =>
            one.kind === 'ConfigMap' &&
            textAt(one.object, 'data', 'secrets.yaml') !== undefined &&
            (this.builds.substituted(one.namespace, flux) || undefined) === secret.namespace,
        ),
    );
    return lists
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

  private absent(secret: ExpectedSecret, options: { secret: string }): Finding[] {
    const required = secret.expectations.filter((one) => !isOptional(one));
    const [first] = required.length > 0 ? required : secret.expectations;
    const what = required
      .map((one) => one.key)
      .filter((key) => key !== undefined)
      .join(', ');
    if (secret.isElsewhere || required.length === 0) {
      return [
        finding(
          'secret-not-in-repo',
          first!.place,
          `Secret ${options.secret} is not in this repo, ${reasonOf(first!)}: it was not checked`,
          'Check it in the cluster, and keep a copy where you keep the keys',
          options,
        ),
      ];
    }
    const renamed = this.applied.find(
      (one) => one.nameInGit === secret.name && one.name !== secret.name && isIn(one, secret.namespace),
    );
    if (renamed !== undefined) return [renaming(renamed, secret, options)];
    const named = this.applied.filter((one) => one.name === secret.name);
    const elsewhere = named.find(isEncrypted) ?? named[0];
    if (elsewhere !== undefined) {
      const shown = [...new Set(named.filter((one) => one.source === elsewhere.source).map((one) => one.namespace))];
      return [
        finding(
          'secret-wrong-namespace',
          elsewhere.namespacePlace,
          `Secret ${secret.name} is in ${shown.map((one) => one ?? 'no namespace').join(', ')}, expected in ${secret.namespace}`,
          `Set metadata.namespace to ${secret.namespace}, or the namespace of the kustomization.yaml that lists ` +
            'the file',
          options,
        ),
      ];
    }
    const alike = this.applied.filter(
      (one) =>
        !this.expectedNames.includes(one.name) &&
        isIn(one, secret.namespace) &&
        required.some((expected) => expected.key !== undefined && keysOf(one).includes(expected.key)),
    );
    const hint = alike.length !== 1 ? '' : `; ${alike[0]!.name} has such a key: ${question(alike[0]!)}`;
    return [
      finding(
        'secret-missing',
        alike.length === 1 ? alike[0]!.place : first!.place,
        `Secret ${options.secret}${what && ` (${what})`} is not in the repo: ${first!.because}${hint}`,
        `Commit it, encrypted with sops${first!.gitFile === undefined ? '' : `, as ${first!.gitFile}`}; or set ` +
          'provider to what brings it into the cluster, or optionalUntil to what makes it there',
        options,
      ),
    ];
  }

  /** Whether kustomize has renamed it, and all that asked for it too. */
  private isFollowed({ build, nameInGit, name }: AppliedSecret, secret: ExpectedSecret): boolean {
    if (nameInGit !== secret.name || name === nameInGit || build.kustomization === undefined) return false;
    return build.mentions(name) && !build.mentions(nameInGit);
  }

  /** One by one: a hostile file has more findings than a call may have arguments. */
  private add(findings: readonly Finding[]): void {
    for (const one of findings) this.findings.push(one);
  }
}

function idOf({ namespace, name }: ExpectedSecret): string {
  return `${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/** Whether the repo need not have it. */
function isOptional({ optionalUntil, provider }: Pick<Expectation, 'optionalUntil' | 'provider'>): boolean {
  return optionalUntil !== undefined || provider !== undefined;
}

function isIn(
  { namespace, isAnywhere }: { readonly namespace: string | undefined; readonly isAnywhere?: boolean },
  expected: string | undefined,
): boolean {
  return expected === undefined || namespace === expected || isAnywhere === true;
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
  options: FindingOptions,
): Finding {
  return finding(
    'secret-renamed',
    place,
    `Secret ${nameInGit} becomes ${name} by ${kustomization}, and the pods ask for ${secret.name}`,
    source === undefined && name.startsWith(`${nameInGit}-`)
      ? 'Set options.disableNameSuffixHash: true for it'
      : `Take it out of reach of namePrefix and nameSuffix, or expect ${name}`,
    options,
  );
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

/** What an object promises, held against what is expected. */
function kept(
  secret: ExpectedSecret,
  { promised: { keys, field, condition }, maker, place }: Promise,
  options: FindingOptions & { readonly secret: string },
): Finding[] {
  const missing = secret.expectations.filter(
    ({ key, ...one }) => key !== undefined && keys !== undefined && !keys.includes(key) && !isOptional(one),
  );
  const what = keys === undefined ? 'its keys and lengths' : `its length`;
  const told = keys === undefined ? '' : ` with ${keys.length === 1 ? 'the key' : 'the keys'} ${keys.join(', ')}`;
  return [
    finding(
      'secret-promised',
      place,
      `${maker} makes Secret ${options.secret} in the cluster${told}${condition === undefined ? '' : `, ${condition}`}: ` +
        `${what} cannot be seen here`,
      'Check the length in the cluster; the pods check it before each run',
      options,
    ),
    ...missing.map(({ key, because }) =>
      finding(
        'key-missing',
        place,
        `${maker} makes Secret ${options.secret} without the key ${key}: ${because}`,
        `Add ${key} to ${field}, or set optionalUntil to what adds it later`,
        { ...options, key },
      ),
    ),
  ];
}

function row(
  expectation: Expectation,
  secret: string,
  found: { manifest: AppliedSecret; values: FoundValue[] }[],
  findings: readonly Finding[],
  promised: Place | undefined,
): Row {
  const { key, because } = expectation;
  const mine = findings.filter((one) => one.key === undefined || key === undefined || one.key === key);
  const value = found.flatMap(({ values }) => values).find((one) => key !== undefined && one.key === key);
  return {
    secret,
    key,
    because,
    level: LEVELS.find((level) => mine.some((one) => one.level === level)) ?? 'ok',
    place: value?.place ?? found[0]?.manifest.place ?? promised,
    length: value?.length,
  };
}
