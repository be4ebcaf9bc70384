/** The place of a secret. */
export interface SecretOriginOptions {
  /**
   * Namespace of the secret. Pods cannot read secrets of other namespaces: such a secret is listed, and not checked.
   * @default - the chart's
   */
  readonly namespace?: string;
  /**
   * File of the Flux repo that has the secret, for a person who has to find it.
   * @default - any file
   */
  readonly gitFile?: string;
  /**
   * The event that makes the secret, in words, if it does not come from Git. Before that event it may be missing, and
   * no check looks for it in Git.
   * @default - it is in Git and must never be missing
   */
  readonly optionalUntil?: string;
  /**
   * The tool that brings the secret into the cluster if Git does not, e.g. `External Secrets`. No check looks for it in
   * Git, and it must never be missing in the cluster.
   * @default - Git brings it
   */
  readonly provider?: string;
}

/** Facts about a secret, beside its name. */
export interface ExpectSecretOptions extends SecretOriginOptions {
  /** The reason for which a restore needs it, in one line. */
  readonly because: string;
}

/** Facts about a key of a secret, beside its name. */
export interface ExpectKeyOptions extends SecretOriginOptions {
  /**
   * The reason for which a restore needs it, in one line. Synth fails if neither this nor a use gives the reason.
   * @default - the reason of its use: "the backup and the restore log in with it" for the password of a database, "the
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
   * @default - true for a use that allows it, such as the PEM files of TLS; otherwise false
   */
  readonly trailingNewline?: boolean;
  /**
   * Whether a dump is worth nothing without the value of its day, e.g. because the rows are encrypted with it. A
   * fingerprint goes into the manifest of each dump, and a restore refuses if today's value differs. The value must be
   * long (`bytes` or `minBytes` of 16 or more) and random: a reader of the fingerprint can try guesses.
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
  _localFor(folder: string, component: string): readonly ExpectedSecret[];
}

/** A secret that must exist: one of its keys, or the whole of it. */
export class ExpectedSecret {
  /** Name of the Secret. */
  public readonly secretName: string;
  /** Namespace of the Secret; undefined if the chart that expects it has none. */
  public readonly namespace?: string;
  /** @internal */
  public readonly _list: SecretList;
  /** @internal */
  public readonly _options: ExpectKeyOptions;
  /**
   * The only key of it that is expected; undefined if any keys will do.
   * @internal
   */
  public readonly _onlyKey?: string;
  private readonly users = new Set<string>();
  private readonly uses = new Set<string>();
  private isHidden = false;
  private use?: string;
  private isText = false;

  /** @internal */
  constructor(list: SecretList, secretName: string, options: ExpectKeyOptions, namespace?: string, onlyKey?: string) {
    this._list = list;
    this._options = options;
    this._onlyKey = onlyKey;
    this.secretName = secretName;
    this.namespace = namespace;
  }

  /** True if the secret is in the namespace of the chart that expects it. Pods can read no other secret. */
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
   * The reason for which it is needed; undefined if neither the options nor a use gives it.
   * @internal
   */
  public get _because(): string | undefined {
    return this._options.because ?? this.use;
  }

  /**
   * True if the value may end with a line break.
   * @internal
   */
  public get _trailingNewline(): boolean {
    return this._options.trailingNewline ?? this.isText;
  }

  /**
   * Declares a use. The reason of the first use counts. Every use may say that a line break at the end does no harm.
   * @internal
   */
  public _useFor(because: string, options: { readonly trailingNewline?: boolean } = {}): void {
    this.use ??= because;
    this.isText ||= options.trailingNewline === true;
  }

  /**
   * Hides the value from backups that do not take it themselves.
   * @internal
   */
  public _hideFromBackups(): void {
    this.isHidden = true;
  }

  /**
   * The workloads that the value matters to: a folder of dumps for all its workloads, or `<folder>/<component>`. Empty
   * if it matters to all. A value that no backup may see, and that no restore takes, matters to none.
   * @internal
   */
  public get _usedFor(): string[] {
    return this.isHidden && this.uses.size === 0 ? ['/restore'] : [...this.uses].sort();
  }

  /**
   * True if it matters to the workloads of a component that work with the dumps of a folder.
   * @internal
   */
  public _mattersTo(folder: string, component: string): boolean {
    const isForAll = this.uses.size === 0 && !(this.isHidden && component === 'backup');
    return isForAll || this.uses.has(folder) || this.uses.has(`${folder}/${component}`);
  }

  /** @internal */
  public _addUser(workload: string, folder: string, component: string): void {
    this.users.add(workload);
    const all = this.isHidden ? ['restore', 'drill', component].map((one) => `${folder}/${one}`) : [folder];
    all.forEach((use) => this.uses.add(use));
  }

  /**
   * Adds a workload that reaches a bucket with it. Only copies to the bucket check it beforehand.
   * @internal
   */
  public _addBucketUser(workload: string, folder: string): void {
    this.users.add(workload);
    this.uses.add(`${folder}/offsite`);
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
