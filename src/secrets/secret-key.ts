/** Where a secret is. */
export interface SecretOriginOptions {
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

/** What is known about a secret, beside its name. */
export interface ExpectSecretOptions extends SecretOriginOptions {
  /** What cannot be done without it, in one line for the person who restores. */
  readonly because: string;
}

/** What is known about a key of a secret, beside its name. */
export interface ExpectKeyOptions extends SecretOriginOptions {
  /**
   * What cannot be done without it, in one line for the person who restores. Synth fails when neither this nor a use
   * says it.
   * @default - what the use says: "the backup and the restore log in with it" for the password of a database, "the
   * images are pulled with it" for a pull secret, "success is reported there" and "failure is reported there" for a
   * heartbeat
   */
  readonly because?: string;
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
  /** Name of the ConfigMap with the list. */
  readonly configMapName: string;
  /** @internal */
  _localFor(folder: string): readonly ExpectedSecret[];
}

/** A secret that must exist: one of its keys, or the whole of it. */
export class ExpectedSecret {
  /** Name of the Secret. */
  public readonly secretName: string;
  /** Namespace of the Secret; undefined where the chart that expects it has none. */
  public readonly namespace?: string;
  /** @internal */
  public readonly _list: SecretList;
  /** @internal */
  public readonly _options: ExpectKeyOptions;
  /**
   * The one key of it that is expected; undefined where any keys will do.
   * @internal
   */
  public readonly _onlyKey?: string;
  private readonly users = new Set<string>();
  private readonly folders = new Set<string>();
  private use?: string;

  /** @internal */
  constructor(list: SecretList, secretName: string, options: ExpectKeyOptions, namespace?: string, onlyKey?: string) {
    this._list = list;
    this._options = options;
    this._onlyKey = onlyKey;
    this.secretName = secretName;
    this.namespace = namespace;
  }

  /** Whether the secret is in the namespace of the chart that expects it; pods can read no other. */
  public get isLocal(): boolean {
    return this.namespace === this._list.namespace;
  }

  /**
   * Names of the workloads that take the value.
   * @internal
   */
  public get _usedBy(): string[] {
    return [...this.users].sort();
  }

  /**
   * What cannot be done without it; undefined where neither the options nor a use says it.
   * @internal
   */
  public get _because(): string | undefined {
    return this._options.because ?? this.use;
  }

  /**
   * Says what it is used for; the first use counts.
   * @internal
   */
  public _useFor(because: string): void {
    this.use ??= because;
  }

  /**
   * The folders of dumps whose workloads take the value.
   * @internal
   */
  public get _usedFor(): string[] {
    return [...this.folders].sort();
  }

  /**
   * Whether it matters to the dumps of a folder: it is of that folder, or of none.
   * @internal
   */
  public _isFor(folder: string): boolean {
    return this.folders.size === 0 || this.folders.has(folder);
  }

  /** @internal */
  public _addUser(workload: string, folder: string): void {
    this.users.add(workload);
    this.folders.add(folder);
  }

  /** The secret in words, e.g. `secret shop-db, key password`. */
  public toString(): string {
    const name = `secret ${this.isLocal ? '' : `${this.namespace}/`}${this.secretName}`;
    return this._onlyKey === undefined ? name : `${name}, key ${this._onlyKey}`;
  }
}

/**
 * A key of a secret that must exist for a restore. Only `SecretExpectations.expectKey` and `expectKeyOf` make one: the
 * class itself is not exported, and no other object passes for it.
 */
export class SecretKey extends ExpectedSecret {
  /** The key in the Secret. */
  public readonly key: string;

  /** @internal */
  constructor(list: SecretList, secretName: string, key: string, options: ExpectKeyOptions, namespace?: string) {
    super(list, secretName, options, namespace, key);
    this.key = key;
  }
}
