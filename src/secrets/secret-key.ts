/** What is known about a secret, beside its name. */
export interface ExpectSecretOptions {
  /** What cannot be done without it, in words for the person who restores. */
  readonly because: string;
  /**
   * Namespace of the secret. Pods cannot read secrets of other namespaces: such a one is listed, and nothing more.
   * @default - the chart's
   */
  readonly namespace?: string;
  /**
   * File of the Flux repo that it is in, for whoever has to find it.
   * @default - any file
   */
  readonly gitFile?: string;
  /**
   * What makes the secret, in words, where Git does not: until then it may be missing, and nobody looks for it in Git.
   * @default - it is in Git and must never be missing
   */
  readonly optionalUntil?: string;
}

/** What is known about a key of a secret, beside its name. */
export interface ExpectKeyOptions extends ExpectSecretOptions {
  /**
   * Exact length of the value, in bytes.
   * @default - any length but 0
   */
  readonly bytes?: number;
  /**
   * Least length of the value, in bytes.
   * @default 1
   */
  readonly minBytes?: number;
  /**
   * POSIX extended regular expression that one line of the value must match from its beginning to its end.
   * @default - any value
   */
  readonly pattern?: string;
  /**
   * Whether the value may end with a line break, which editors and `echo` append.
   * @default false
   */
  readonly trailingNewline?: boolean;
  /**
   * Whether a dump is worth nothing without the value that was there when it was taken, e.g. because the rows are
   * encrypted with it. A fingerprint goes into the manifest of each dump, and a restore refuses when it differs.
   * It must be long (`bytes` or `minBytes` of 16 or more) and random: who has the fingerprint can try guesses.
   * @default false
   */
  readonly sameAsDump?: boolean;
}

/** The list that an expected secret is in: a `SecretExpectations`. */
export interface SecretList {
  /** The namespace of the chart. */
  readonly namespace?: string;
  /** The secrets of this namespace, which pods can look at. */
  readonly local: readonly ExpectedSecret[];
}

/** A secret that must exist: one of its keys, or the whole of it. */
export class ExpectedSecret {
  private readonly users = new Set<string>();

  constructor(
    public readonly expectations: SecretList,
    public readonly secretName: string,
    public readonly options: ExpectKeyOptions,
    public readonly namespace?: string,
    /** The one key of it that is expected; undefined where any keys will do. */
    public readonly onlyKey?: string,
  ) {}

  /** Whether the secret is in the namespace of the chart that expects it; pods can read no other. */
  public get isLocal(): boolean {
    return this.namespace === this.expectations.namespace;
  }

  /** Names of the workloads that take the value. */
  public get usedBy(): string[] {
    return [...this.users].sort();
  }

  public addUser(workload: string): void {
    this.users.add(workload);
  }

  public toString(): string {
    const name = `secret ${this.isLocal ? '' : `${this.namespace}/`}${this.secretName}`;
    return this.onlyKey === undefined ? name : `${name}, key ${this.onlyKey}`;
  }
}

/**
 * A key of a secret that must exist for a restore. Only `SecretExpectations.expectKey` makes one: the class itself is
 * not exported, and no other object passes for it.
 */
export class SecretKey extends ExpectedSecret {
  constructor(
    expectations: SecretList,
    secretName: string,
    public readonly key: string,
    options: ExpectKeyOptions,
    namespace?: string,
  ) {
    super(expectations, secretName, options, namespace, key);
  }
}
