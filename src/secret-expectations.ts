import { Chart, Lazy, Yaml } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { VERBATIM } from './flux';
import { InvalidPropError } from './invalid';
import { checkName } from './names';

export interface SecretExpectationsProps {
  /**
   * Name of the ConfigMap that lists the expected secrets.
   * @default - `<id of the chart>-expected-secrets`
   */
  readonly name?: string;
}

/** What is known about a key of a secret, beside its name. */
export interface ExpectKeyOptions {
  /** What cannot be done without it, in words for the person who restores. */
  readonly because: string;
  /**
   * Exact length of the value, in bytes.
   * @default - any length
   */
  readonly bytes?: number;
  /**
   * Namespace of the secret. Pods cannot read secrets of other namespaces: such a key is listed, and nothing more.
   * @default - the chart's
   */
  readonly namespace?: string;
}

/**
 * A key of a secret that must exist for a restore. Only `SecretExpectations.expectKey` makes one: the class itself is
 * not exported, and no other object passes for it.
 */
export class SecretKey {
  private readonly isExpected = true;

  constructor(
    public readonly secretName: string,
    public readonly key: string,
    public readonly because: string,
    public readonly bytes: number | undefined,
    public readonly namespace: string | undefined,
    private readonly home: string | undefined,
  ) {}

  /** Whether the secret is in the namespace of the chart that expects it; pods can read no other. */
  public get isLocal(): boolean {
    return this.isExpected && this.namespace === this.home;
  }

  public toString(): string {
    return `secret ${this.isLocal ? '' : `${this.namespace}/`}${this.secretName}, key ${this.key}`;
  }
}

/**
 * The secrets that a restore needs, complete by construction: every other construct takes its secrets from here.
 * Synthesizes a ConfigMap that lists names, keys, lengths and reasons for reviewers. Values never appear.
 */
export class SecretExpectations extends Construct {
  private readonly keys: SecretKey[] = [];

  constructor(scope: Construct, id: string, props: SecretExpectationsProps = {}) {
    super(scope, id);
    const name = props.name ?? `${Chart.of(this).node.id}-expected-secrets`;
    checkName('secretExpectations.name', name);
    new k8s.KubeConfigMap(this, 'list', {
      metadata: { name, annotations: VERBATIM },
      data: Lazy.any({ produce: () => ({ 'secrets.yaml': Yaml.stringify(this.keys.map(listed)) }) }),
    });
  }

  /**
   * Expects a key of a secret.
   * @returns the only kind of reference to a secret that the other constructs accept
   * @throws InvalidPropError when the names are not legal or the key is expected already
   */
  public expectKey(secretName: string, key: string, options: ExpectKeyOptions): SecretKey {
    checkName('expectKey.secretName', secretName);
    if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key)) {
      throw new InvalidPropError('expectKey.key', key, 'cannot be a key of a secret',
        'Use letters, digits, "-", "_" and "."');
    }
    if (options.because.trim() === '') {
      throw new InvalidPropError('expectKey.because', options.because, 'gives no reason',
        'Say what cannot be restored without this key');
    }
    if (options.bytes !== undefined && (!Number.isInteger(options.bytes) || options.bytes < 1 || options.bytes > 1_048_576)) {
      throw new InvalidPropError('expectKey.bytes', options.bytes, 'must be a whole number from 1 to 1048576',
        'A secret holds 1 MiB at most');
    }
    const home = Chart.of(this).namespace;
    const namespace = options.namespace ?? home;
    if (namespace !== undefined) {
      checkName('expectKey.namespace', namespace);
    }
    const expected = new SecretKey(secretName, key, options.because, options.bytes, namespace, home);
    if (this.keys.some((other) => other.toString() === expected.toString())) {
      throw new InvalidPropError('expectKey', expected.toString(), 'is expected already',
        'Use the value that the first expectKey returned');
    }
    this.keys.push(expected);
    return expected;
  }
}

function listed({ isLocal, namespace, secretName, key, bytes, because }: SecretKey): object {
  return {
    ...(!isLocal && { namespace }),
    secret: secretName,
    key,
    ...(bytes !== undefined && { bytes }),
    because,
  };
}
