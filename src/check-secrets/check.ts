import { checkValues, type FoundValue } from './check-values';
import type { ExpectedList, ExpectedSecret, Expectation } from '../manifests/expected-list';
import { LEVELS, type Level } from '../reports/level';
import { finding, sorted, type Finding, type Place } from '../reports/findings';
import { Kustomizations } from './kustomizations';
import { readRepo } from '../manifests/repo-files';
import { documentProblems, SecretManifest } from './secret-manifest';
import { YamlFile } from '../manifests/yaml-file';

/** What became of one expectation. */
export interface Row {
  readonly secret: string;
  readonly key: string | undefined;
  readonly because: string;
  readonly level: Level | 'ok';
  /** Where the key, or else the Secret, is in the repo. */
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
 * Holds the manifests of a repo against the expected secrets, without any key.
 * @param recipients the age recipients that may decrypt; any, where there is none
 */
export function check(list: ExpectedList, repo: string, recipients: readonly string[]): Report {
  const { files, findings } = readRepo(repo);
  const manifests: SecretManifest[] = [];
  const parsed = files
    .filter(
      ({ path, text }) => /Secret|^["']?sops["']?:|ENC\[|kustomize\.toolkit/m.test(text) || Kustomizations.isOne(path),
    )
    .map(({ path, text }) => ({ file: new YamlFile(path, text), text }));
  const names = list.secrets.map((secret) => secret.name);
  for (const { file, text } of parsed) {
    if (file.problem !== undefined) {
      // Templates that are no YAML yet are nobody's fault; an encrypted file, or one of ours, is.
      const matters = text.includes('ENC[AES256_GCM') || names.some((name) => text.includes(name));
      findings.push({ ...file.problem, level: matters ? 'error' : 'note' });
    }
    for (const document of file.documents) {
      const secrets = SecretManifest.in(file, document);
      for (const secret of secrets) manifests.push(secret);
      if (secrets.length > 0 || document.has('sops'))
        for (const problem of documentProblems(file, document)) findings.push(problem);
    }
  }
  const check = new Check(manifests, new Kustomizations(parsed.map(({ file }) => file)), recipients, names);
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
  return { lists: list.files, rows, findings: sorted([...findings, ...check.findings]) };
}

class Check {
  readonly findings: Finding[] = [];

  constructor(
    private readonly manifests: readonly SecretManifest[],
    private readonly kustomizations: Kustomizations,
    private readonly recipients: readonly string[],
    private readonly expectedNames: readonly string[],
  ) {}

  secret(secret: ExpectedSecret): Row[] {
    const id = `${secret.namespace === undefined ? '' : `${secret.namespace}/`}${secret.name}`;
    const options = { secret: id };
    const named = this.manifests.filter((one) => one.name === secret.name);
    const here = named.filter((one) => this.isIn(one, secret.namespace));
    const encrypted = here.filter((one) => one.isEncrypted);
    const meant = encrypted.length > 0 ? encrypted : here;
    const before = this.findings.length;

    this.add(
      this.twins(
        secret,
        named.filter((one) => !meant.includes(one)),
        options,
      ),
    );
    if (meant.length === 0) this.add(this.absent(secret, named, options));
    for (const again of meant.slice(1)) {
      this.findings.push(
        finding(
          'secret-duplicate',
          again.place,
          `Secret ${id} is defined in ${meant[0]!.file}:${meant[0]!.place.line} already`,
          'Remove one of them, or name the folder of one cluster with --repo',
          options,
        ),
      );
    }
    const found = meant.map((manifest) => ({ manifest, values: this.manifest(secret, manifest, options) }));
    const mine = this.findings.slice(before);
    return secret.expectations.map((expectation) => row(expectation, id, found, mine));
  }

  private manifest(secret: ExpectedSecret, manifest: SecretManifest, options: { secret: string }): FoundValue[] {
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
    if (manifest.sops === undefined) {
      this.findings.push(
        finding(
          'sops-missing',
          manifest.place,
          `Secret ${options.secret} has no sops metadata beside it: nothing can decrypt it`,
          'Encrypt the file with sops; if it was encrypted once, restore it from Git',
          options,
        ),
      );
    } else {
      this.add(manifest.sops.problems(this.recipients, manifest.keys, manifest.above, options));
    }
    const { findings, values } = checkValues(secret, manifest, options);
    this.add(findings);
    return values;
  }

  /** A copy without encryption is as bad as no encryption; under another namespace it may be somebody else's. */
  private twins(secret: ExpectedSecret, others: readonly SecretManifest[], options: { secret: string }): Finding[] {
    const twin = (place: Place, level: Level): Finding =>
      finding(
        'plain-text-twin',
        place,
        `Secret ${secret.name} is here in plain text`,
        'Remove it; whoever can read the history of the repo knows the values, so change them where that is possible',
        { ...options, level },
      );
    const manifests = others
      .filter((one) => one.hasPlainText)
      .map((one) =>
        twin(one.place, this.namespaces(one).has(undefined) || this.isIn(one, secret.namespace) ? 'error' : 'warning'),
      );
    const literals = this.kustomizations.literals
      .filter((one) => one.name === secret.name)
      .map((one) => twin(one.place, 'error'));
    return [...manifests, ...literals];
  }

  private absent(secret: ExpectedSecret, named: readonly SecretManifest[], options: { secret: string }): Finding[] {
    const required = secret.expectations.filter((one) => one.optionalUntil === undefined);
    const [first] = required.length > 0 ? required : secret.expectations;
    const what = required
      .map((one) => one.key)
      .filter((key) => key !== undefined)
      .join(', ');
    const elsewhere = named.find((one) => one.isEncrypted) ?? named[0];
    if (secret.isElsewhere || required.length === 0) {
      const why =
        first!.optionalUntil === undefined
          ? 'as it is of another namespace'
          : `and need not be until ${first!.optionalUntil}`;
      return [
        finding(
          'secret-not-in-repo',
          first!.place,
          `Secret ${options.secret} is not in this repo, ${why}: it was not checked`,
          'Check it in the cluster, and keep a copy where you keep the keys',
          options,
        ),
      ];
    }
    if (elsewhere !== undefined) {
      const shown = [...this.namespaces(elsewhere)].map((one) => one ?? 'no namespace').join(', ');
      return [
        finding(
          'secret-wrong-namespace',
          elsewhere.namespacePlace,
          `Secret ${secret.name} is in ${shown}, expected in ${secret.namespace}`,
          `Set metadata.namespace to ${secret.namespace}, or the namespace of the kustomization.yaml that lists ` +
            'the file',
          options,
        ),
      ];
    }
    const alike = this.manifests.filter(
      (one) =>
        !this.expectedNames.includes(one.name) &&
        this.isIn(one, secret.namespace) &&
        required.some((expected) => expected.key !== undefined && one.keys.includes(expected.key)),
    );
    const hint = alike.length === 1 ? `; ${alike[0]!.name} has such a key: is it that one?` : '';
    return [
      finding(
        'secret-missing',
        alike.length === 1 ? alike[0]!.place : first!.place,
        `Secret ${options.secret}${what && ` (${what})`} is not in the repo: ${first!.because}${hint}`,
        `Commit it, encrypted with sops${first!.gitFile === undefined ? '' : `, as ${first!.gitFile}`}`,
        options,
      ),
    ];
  }

  /** One by one: a hostile file has more findings than a call may have arguments. */
  private add(findings: readonly Finding[]): void {
    for (const one of findings) this.findings.push(one);
  }

  private isIn(manifest: SecretManifest, namespace: string | undefined): boolean {
    return namespace === undefined || this.namespaces(manifest).has(namespace);
  }

  private namespaces(manifest: SecretManifest): Set<string | undefined> {
    return this.kustomizations.namespacesOf(manifest.file, manifest.namespace);
  }
}

function row(
  expectation: Expectation,
  secret: string,
  found: { manifest: SecretManifest; values: FoundValue[] }[],
  findings: readonly Finding[],
): Row {
  const { key, because } = expectation;
  const mine = findings.filter((one) => one.key === undefined || key === undefined || one.key === key);
  const value = found.flatMap(({ values }) => values).find((one) => key !== undefined && one.key === key);
  return {
    secret,
    key,
    because,
    level: LEVELS.find((level) => mine.some((one) => one.level === level)) ?? 'ok',
    place: value?.place ?? found[0]?.manifest.place,
    length: value?.length,
  };
}
