import { Chart, Lazy, Yaml } from 'cdk8s';
import { ISecret, k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { Escrow, EscrowOptions, sourceDate } from './escrow';
import { ExpectedSecret, ExpectKeyOptions, ExpectSecretOptions, SecretKey } from './secret-key';
import { VERBATIM } from '../delivery/gitops-annotations';
import { checkCount, InvalidPropError } from '../errors';
import { described, labelsFor } from '../kubernetes/labels';
import { checkDataKey, checkName } from '../kubernetes/names';
import { namespaceOf, takeName } from '../kubernetes/resource';

/** The name of the list. */
export interface SecretExpectationsProps {
  /**
   * Name of the ConfigMap that lists the expected secrets.
   * @default - `<id of the chart>-expected-secrets`
   */
  readonly name?: string;
}

/** A secret holds 1 MiB at most. */
const MOST_BYTES = 1_048_576;

/** The least length of a value whose fingerprint may be public: 128 random bits cannot be guessed. */
const FINGERPRINT_BYTES = 16;

/**
 * The secrets that a restore needs, complete by construction: every other construct takes its secrets from here.
 * Synthesizes a ConfigMap that lists names, keys, lengths and reasons for reviewers; every pod checks the list before
 * it does anything else. Values never appear.
 */
export class SecretExpectations extends Construct {
  /** The namespace of the chart. */
  public readonly namespace?: string = Chart.of(this).namespace;
  /** Name of the ConfigMap that lists them. */
  public readonly configMapName: string;
  private readonly expected: ExpectedSecret[] = [];
  private readonly names = new Set<string>();
  private readonly escrows: Escrow[] = [];

  /** @throws InvalidPropError when the name is not legal, or is that of another list in the namespace */
  constructor(scope: Construct, id: string, props: SecretExpectationsProps = {}) {
    super(scope, id);
    const name = props.name ?? `${Chart.of(this).node.id}-expected-secrets`;
    checkName('secretExpectations.name', name);
    takeName(this, 'ConfigMap', 'secretExpectations.name', name);
    this.configMapName = name;
    this.node.defaultChild = new k8s.KubeConfigMap(this, 'list', {
      metadata: {
        name,
        labels: labelsFor('secrets'),
        annotations: {
          ...described('The secrets that a restore needs, with reasons and without values.'),
          ...VERBATIM,
        },
      },
      data: Lazy.any({ produce: () => this.list() }),
    });
    this.node.addValidation({ validate: () => [...this.unexplained(), ...this.attestations()] });
  }

  /**
   * All of them, also those of other namespaces, in the order in which they were declared.
   * @internal
   */
  public get _all(): ExpectedSecret[] {
    return [...this.expected];
  }

  /**
   * The attestations of facts that no cluster can check.
   * @internal
   */
  public get _escrowed(): Escrow[] {
    return [...this.escrows];
  }

  /**
   * The secrets of this namespace that matter to the workloads of a component and a folder of dumps: those that matter
   * to all workloads, and their own.
   * @internal
   */
  public _localFor(folder: string, component: string): ExpectedSecret[] {
    return this.expected.filter((secret) => secret.isLocal && secret._mattersTo(folder, component));
  }

  /**
   * Expects a key of a secret.
   * @returns the only kind of reference to a secret that the other constructs accept
   * @throws InvalidPropError when the names are not legal or the key is expected already
   */
  public expectKey(secretName: string, key: string, options: ExpectKeyOptions = {}): SecretKey {
    return this.addKey(secretName, key, options, options.namespace ?? this.namespace);
  }

  /**
   * Expects a key of a secret of cdk8s-plus, in the namespace of that secret.
   * @returns the same as `expectKey`
   * @throws InvalidPropError as `expectKey` does
   */
  public expectKeyOf(secret: ISecret, key: string, options: ExpectKeyOptions = {}): SecretKey {
    return this.addKey(secret.name, key, options, options.namespace ?? namespaceOf(secret) ?? this.namespace);
  }

  /**
   * Expects a secret with any keys. For secrets whose keys another program chooses.
   * @throws InvalidPropError when the names are not legal or the secret is expected already
   */
  public expectSecret(secretName: string, options: ExpectSecretOptions): void {
    const { because, gitFile, optionalUntil, provider, namespace = this.namespace } = options;
    const known = { because, gitFile, optionalUntil, provider };
    this.add(new ExpectedSecret(this, secretName, known, namespace), 'expectSecret');
  }

  /**
   * Expects something that no cluster can check, e.g. a key in a safe: a person has looked, and attests it for a time.
   * Synth compares that time with `SOURCE_DATE_EPOCH`, if that is set: it warns in the last 30 days, and fails
   * afterwards.
   * @throws InvalidPropError
   */
  public expectEscrow(options: EscrowOptions): void {
    this.escrows.push(new Escrow(options));
  }

  private addKey(secretName: string, key: string, options: ExpectKeyOptions, namespace: string | undefined): SecretKey {
    checkDataKey('expectKey.key', key, 'secret');
    checkValue(options);
    return this.add(new SecretKey(this, secretName, key, options, namespace), 'expectKey');
  }

  private add<T extends ExpectedSecret>(secret: T, caller: string): T {
    const { because, gitFile, optionalUntil, provider } = secret._options;
    checkName(`${caller}.secretName`, secret.secretName);
    if (secret.namespace !== undefined) {
      checkName(`${caller}.namespace`, secret.namespace);
    }
    for (const [property, text] of Object.entries({ because, gitFile, optionalUntil, provider })) {
      if (text !== undefined && !/^[^\r\n\t]*[^\s][^\r\n\t]*$/.test(text)) {
        throw new InvalidPropError(
          `${caller}.${property}`,
          text,
          'is empty or more than one line',
          property === 'because' ? 'Say why a restore needs this secret' : 'Say it in one line, or leave it out',
        );
      }
    }
    if (this.names.has(secret.toString())) {
      throw new InvalidPropError(
        caller,
        secret.toString(),
        'is expected already',
        'Use the value that the first call returned',
      );
    }
    this.names.add(secret.toString());
    this.expected.push(secret);
    return secret;
  }

  private list(): { [file: string]: string } {
    return {
      'secrets.yaml': Yaml.stringify(this.expected.map(listed)),
      'secrets.tsv': tabSeparated(this.expected.filter(({ isLocal }) => isLocal)),
      ...(this.escrows.length > 0 && { 'escrow.yaml': Yaml.stringify(this.escrows.map(attested)) }),
    };
  }

  private unexplained(): string[] {
    return this.expected
      .filter(({ _because }) => _because === undefined)
      .map(
        (secret) =>
          new InvalidPropError(
            'expectKey.because',
            secret.toString(),
            'is missing, and no use of the key gives the reason',
            'Say why a restore needs the key',
          ).message,
      );
  }

  private attestations(): string[] {
    const today = sourceDate();
    const findings =
      today === undefined
        ? []
        : this.escrows.map((escrow) => escrow.finding(today)).filter((found) => found !== undefined);
    for (const { text } of findings.filter(({ expired }) => !expired)) {
      process.emitWarning(text);
    }
    return findings.filter(({ expired }) => expired).map(({ text }) => text);
  }
}

function checkValue({ bytes, minBytes, pattern, sameAsDump }: ExpectKeyOptions): void {
  for (const [property, count] of Object.entries({ bytes, minBytes })) {
    if (count !== undefined) {
      checkCount(`expectKey.${property}`, count, 1, MOST_BYTES);
    }
  }
  if (bytes !== undefined && minBytes !== undefined) {
    throw new InvalidPropError(
      'expectKey.minBytes',
      minBytes,
      'says the same as bytes, or something else',
      'Set one of them',
    );
  }
  if (pattern !== undefined && !isExtended(pattern)) {
    throw new InvalidPropError(
      'expectKey.pattern',
      pattern,
      'is not a POSIX extended regular expression',
      'Use brackets such as [0-9] for classes like \\d, and groups without "?"',
    );
  }
  if (sameAsDump && (bytes ?? minBytes ?? 0) < FINGERPRINT_BYTES) {
    throw new InvalidPropError(
      'expectKey.sameAsDump',
      sameAsDump,
      'would publish the fingerprint of a value that may be short enough to guess',
      `Set bytes or minBytes to ${FINGERPRINT_BYTES} or more, or leave it out`,
    );
  }
}

/** True for a pattern that both this engine and grep understand, without line breaks and tabs. */
function isExtended(pattern: string): boolean {
  try {
    new RegExp(pattern);
  } catch {
    return false;
  }
  return !/\\[A-Za-z0-9]|\(\?|[*+?}][?+]|[\r\n\t]|^$/.test(pattern);
}

function listed(secret: ExpectedSecret): object {
  const { isLocal, namespace, secretName, _onlyKey: onlyKey, _usedBy: usedBy, _because: because } = secret;
  const { bytes, minBytes, pattern, sameAsDump, gitFile, optionalUntil, provider } = secret._options;
  return {
    ...(!isLocal && { namespace }),
    secret: secretName,
    ...(onlyKey !== undefined && { key: onlyKey }),
    ...(bytes !== undefined && { bytes }),
    ...(minBytes !== undefined && { minBytes }),
    ...(pattern !== undefined && { pattern }),
    ...(secret._trailingNewline && { trailingNewline: true }),
    ...(sameAsDump && { sameAsDump }),
    because,
    ...(gitFile !== undefined && { gitFile }),
    ...(optionalUntil !== undefined && { optionalUntil }),
    ...(provider !== undefined && { provider }),
    ...(usedBy.length > 0 && { usedBy }),
  };
}

/** The same list for the scripts in the pods: a line for each secret, with a tab between its fields. */
function tabSeparated(secrets: readonly ExpectedSecret[]): string {
  const rows = secrets.map(({ secretName, _onlyKey, _usedFor, _options: options, _because, _trailingNewline }) => ({
    secret: secretName,
    key: _onlyKey,
    usedFor: _usedFor.join(' '),
    bytes: options.bytes,
    minBytes: options.minBytes,
    pattern: options.pattern,
    trailingNewline: _trailingNewline ? 'allowed' : undefined,
    sameAsDump: options.sameAsDump ? 'true' : undefined,
    gitFile: options.gitFile,
    optionalUntil: options.optionalUntil,
    because: _because,
  }));
  const head = rows.length === 0 ? [] : [`# ${Object.keys(rows[0]!).join('\t')}`];
  return [...head, ...rows.map((row) => Object.values(row).join('\t'))].map((line) => `${line}\n`).join('');
}

function attested({ options: { what, where, attestedOn }, validUntil }: Escrow): object {
  return { what, where, attestedOn, validUntil };
}
