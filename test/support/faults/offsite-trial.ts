import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Fault, FaultGroup, Outcome, Surroundings, Told } from './fault';
import { contents } from './fault-contents';
import { takeSample, Trial, type Sample } from './fault-trial';
import type { Env } from '../pods/instance';
import type { PodProcess, PodResult } from '../pods/pod';
import type { PostgresServer } from '../postgres/postgres-server';
import type { Userland } from '../machine/userlands';
import { type Asked, type Fault as Broken, FaultyBucket } from '../offsite/faulty-bucket';
import { ADMIN, type Key, ObjectStore, type Version } from '../offsite/object-store';
import { missingPrograms, PROGRAMS } from '../offsite/programs';
import { authorityOf, BUCKET, COPIER, lockedBucket, PASSWORD, SALT, secretOf, targetOf } from '../offsite/shop';

const RCLONE = join(PROGRAMS, 'rclone');

/** The files of a copy. */
const ENDINGS = ['dump', 'dump.sha256', 'globals.sql', 'json'];

const allow = (...actions: string[]): object => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: ['arn:aws:s3:::*', 'arn:aws:s3:::*/*'] }],
});

/** Keys that lack a right, by what they cannot do. */
export const POOR_KEYS = {
  list: { key: { id: 'NOLIST', secret: 'a-key-that-cannot-list' }, policy: allow('s3:PutObject', 's3:GetObject') },
  read: { key: { id: 'NOREAD', secret: 'a-key-that-cannot-read' }, policy: allow('s3:PutObject', 's3:ListBucket') },
  write: { key: { id: 'NOWRITE', secret: 'a-key-that-cannot-write' }, policy: allow('s3:GetObject', 's3:ListBucket') },
};

/** What a fault leaves in the bucket. */
export interface InBucket extends Told {
  readonly check: (trial: OffsiteTrial) => Promise<void>;
  /** Whether the next plain copy has anything of it to meet. */
  readonly isMet?: boolean;
  /** Whether a person has to decide before anything is copied again. */
  readonly needsPerson?: boolean;
  /** Whether what is there was written without encryption by force. */
  readonly isForced?: boolean;
  /**
   * What the next run leaves.
   * @default the copy, proven
   */
  readonly then?: InBucket;
}

export const OLDER = '20251201-020000';

export const nothing: InBucket = {
  text: 'nothing',
  check: async (trial) => expect([await trial.objects(), trial.evidence()]).toEqual([[], {}]),
};

export const companions: InBucket = {
  text: 'files of the copy, each whole, and no dump',
  isMet: true,
  check: async (trial) => {
    const objects = await trial.objects();
    expect(objects).not.toEqual([]);
    expect(objects).not.toContain(trial.objectOf('dump'));
    expect(trial.evidence()).toEqual({});
  },
};

export const unproven: InBucket = {
  text: 'the copy, which nothing has proven yet',
  isMet: true,
  check: async (trial) => {
    expect(await trial.objects()).toEqual(ENDINGS.map((ending) => trial.objectOf(ending)));
    expect(trial.evidence()).toEqual({});
  },
};

export const copied: InBucket = {
  text: 'the copy, proven',
  check: async (trial) => {
    expect(await trial.objects()).toEqual(ENDINGS.map((ending) => trial.objectOf(ending)));
    expect(Object.keys(trial.evidence())).toEqual([trial.earlier]);
  },
};

const bothCopied: InBucket = {
  text: 'both copies, proven',
  check: async (trial) => {
    const both = [`shop-${OLDER}`, trial.earlier];
    const objects = both.flatMap((name) => ENDINGS.map((ending) => trial.objectOf(ending, name)));
    expect(await trial.objects()).toEqual(objects);
    expect(Object.keys(trial.evidence())).toEqual(both);
  },
};

export const olderCopied: InBucket = {
  text: 'the copy of the older dump, proven; files of the newer one, each whole, and no dump of it',
  isMet: true,
  then: bothCopied,
  check: async (trial) => {
    const older = `shop-${OLDER}`;
    const objects = await trial.objects();
    expect(objects).toEqual(expect.arrayContaining(ENDINGS.map((ending) => trial.objectOf(ending, older))));
    expect(objects).not.toContain(trial.objectOf('dump'));
    expect(Object.keys(trial.evidence())).toEqual([older]);
  },
};

export const asItWas: InBucket = {
  text: 'what was there, as it was',
  needsPerson: true,
  check: async (trial) => expect(await trial.versions()).toEqual(trial.had),
};

export const plain: InBucket = {
  text: 'a plain object, which is named; no evidence',
  needsPerson: true,
  isForced: true,
  check: async (trial) => expect(trial.evidence()).toEqual({}),
};

export type OffsiteFault = Fault<OffsiteTrial, InBucket>;
export type OffsiteFaultGroup = FaultGroup<OffsiteFault>;

export function offsiteFault(
  name: string,
  outcome: Outcome<InBucket> & Surroundings,
  inject: OffsiteFault['inject'],
): OffsiteFault {
  return { name, impossible: noPrograms, ...outcome, inject };
}

export interface OffsiteSample {
  readonly dump: Sample;
  readonly store: ObjectStore;
  readonly proxy: FaultyBucket;
}

let cases = 0;

/** A dump on the NAS, and a folder of its own in a bucket, behind a server that can fail. */
export class OffsiteTrial extends Trial {
  /** What the bucket had before the run that met the fault. */
  had: Version[] = [];
  private readonly bucketFolder: string;
  private evidenceBefore: Readonly<Record<string, string>> = {};
  /** The versions that the fault itself has written. */
  private readonly ownVersions = new Set<string>();

  constructor(
    server: PostgresServer,
    userland: Userland,
    { dump, store, proxy }: OffsiteSample,
    prefix = `internal/case-${++cases}`,
  ) {
    super(
      server,
      userland,
      dump,
      { offsite: (secrets) => targetOf(secrets, proxy.endpoint, { prefix }) },
      { manifests: [authorityOf(store)], around: { hostPrograms: { 'lend-rclone': PROGRAMS } } },
    );
    this.store = store;
    this.proxy = proxy;
    this.bucketFolder = `${prefix}/shop`;
    this.instance.secrets['shop-offsite'] = secretOf(COPIER);
    this.passwords.push(COPIER.secret, PASSWORD, SALT);
    this.atEnd(() => proxy.meets());
  }

  readonly store: ObjectStore;
  readonly proxy: FaultyBucket;

  startCopy(env: Env = {}): PodProcess {
    return this.follow(() => this.instance.startOffsite(env));
  }

  copy(env: Env = {}): Promise<PodResult> {
    return this.startCopy(env).result;
  }

  /** A plain copy, which the fault comes after. */
  async copyFirst(): Promise<void> {
    const { status, output } = await this.copy();
    if (status !== 0) throw new Error(`A plain copy failed:\n${output}`);
    await this.remember();
  }

  /** Restores from the bucket into a database that is dropped again. */
  rehearse(env: Env = {}): Promise<PodResult> {
    return this.follow(() => this.instance.startRestore({ RESTORE_ACTION: 'rehearse', ...env })).result;
  }

  drill(env: Env = {}): Promise<PodResult> {
    return this.follow(() => this.instance.startDrill(env)).result;
  }

  /** Starts a copy that is ended when a request begins, or when it has been answered. */
  async endedAt(
    method: string,
    ending: string,
    when: 'asked' | 'answered',
    signal: NodeJS.Signals = 'SIGKILL',
  ): Promise<PodResult> {
    let isEnded = false;
    // What the killed process has sent already must not arrive.
    const breakAfter = ending === 'dump' ? 20_000 : 0;
    const end = (asked: Asked): Broken | undefined => {
      if (isEnded || asked.method !== method || !asked.path.includes(`.${ending}.bin`)) return undefined;
      isEnded = true;
      pod.kill(signal);
      return { breakAfter };
    };
    // rclone asks again as long as it lives, which may be a moment longer than the broken connection.
    const fault = (asked: Asked): Broken | undefined =>
      isEnded ? { breakAfter: 0 } : when === 'asked' ? end(asked) : undefined;
    this.proxy.meets(fault, when === 'answered' ? end : undefined);
    this.afterwards(() => this.proxy.meets());
    const pod = this.startCopy();
    return pod.result;
  }

  /** Has the bucket refuse requests of a method, until it is well again. */
  refuse(method: string, status: number, code: string): void {
    this.proxy.meets((asked) => (asked.method === method ? { status, code } : undefined));
    this.afterwards(() => this.proxy.meets());
  }

  /** Gives the pods another key, and puts the right one back. */
  useSecret(values: Partial<Record<'accessKey' | 'secretKey' | 'password' | 'salt', string>>): void {
    this.instance.secrets['shop-offsite'] = { ...secretOf(COPIER), ...values };
    this.afterwards(() => {
      this.instance.secrets['shop-offsite'] = secretOf(COPIER);
    });
  }

  useKey({ id, secret }: Key): void {
    this.passwords.push(secret);
    this.useSecret({ accessKey: id, secretKey: secret });
  }

  /** The path of an object of the dump. */
  objectOf(ending: string, name = this.earlier): string {
    return `${this.bucketFolder}/${name}.${ending}.bin`;
  }

  /** Writes an object, as somebody else who may. */
  async write(object: string, bytes: Buffer, key = ADMIN): Promise<void> {
    await this.store.put(`/${BUCKET}/${object}`, bytes, key);
    for (const { key: name, id } of await this.versions()) if (name === object) this.ownVersions.add(id);
  }

  read(object: string): Promise<Buffer> {
    return this.store.get(`/${BUCKET}/${object}`);
  }

  /** Changes bytes of an object, as somebody who may write: a new version. */
  async change(object: string): Promise<void> {
    const bytes = await this.read(object);
    bytes[bytes.length - 5]! ^= 1;
    await this.write(object, bytes);
  }

  async objects(): Promise<string[]> {
    return (await this.store.objects(BUCKET)).filter((key) => key.startsWith(`${this.bucketFolder}/`));
  }

  async versions(): Promise<Version[]> {
    return (await this.store.versions(BUCKET)).filter(({ key }) => key.startsWith(`${this.bucketFolder}/`));
  }

  /** Takes what is in the bucket and told of it now for what was there before. */
  async remember(): Promise<void> {
    this.had = await this.versions();
    this.evidenceBefore = this.evidence();
  }

  /** Forgets that anything was copied, so that the next run reads all of it again. */
  removeEvidence(): void {
    rmSync(join(this.folder, 'offsite'), { recursive: true });
  }

  /** The evidence of each dump, as it stands on the NAS. */
  evidence(): Record<string, string> {
    const folder = join(this.folder, 'offsite');
    const files = existsSync(folder) ? readdirSync(folder).filter((file) => /^shop-.*\.json$/.test(file)) : [];
    return Object.fromEntries(
      files.sort().map((file) => [file.replace('.json', ''), readFileSync(join(folder, file), 'utf8')]),
    );
  }

  /** Changes a script, as a fork of it would be. */
  fork(script: string, change: (text: string) => string): void {
    const holders = this.instance.manifests.filter(({ kind, data }) => kind === 'ConfigMap' && data?.[script]);
    const changed = holders.filter(({ data }) => change(data[script]) !== data[script]);
    if (changed.length === 0) throw new Error(`There is nothing to change in ${script}.`);
    for (const { data } of changed) data[script] = change(data[script]);
  }

  /** How many copies have new evidence, and do not open or are not the dump. */
  async falselyGood(): Promise<number> {
    const fresh = Object.entries(this.evidence()).filter(([name, text]) => this.evidenceBefore[name] !== text);
    const isGood = await Promise.all(
      fresh.map(async ([name, text]) => {
        const { verdict, sha256 } = JSON.parse(text);
        const sum = createHash('sha256').update(readFileSync(this.file('dump', name)));
        return verdict === 'copied' && sha256 === sum.digest('hex') && sha256 === (await this.sumInBucket(name));
      }),
    );
    return isGood.filter((good) => !good).length;
  }

  /** How often a name was written again, or deleted, by anything but the fault itself. */
  async overwritten(): Promise<number> {
    const had = new Set(this.had.map(({ id }) => id));
    const names = new Set(this.had.map(({ key }) => key));
    const fresh = (await this.versions()).filter(({ id }) => !had.has(id) && !this.ownVersions.has(id));
    const again = fresh.filter(({ key, isDeletion }) => isDeletion || names.has(key) || !names.add(key));
    return again.length;
  }

  /** How many objects that were written now are not encrypted. */
  async plainObjects(): Promise<number> {
    const had = new Set([...this.had.map(({ id }) => id), ...this.ownVersions]);
    const fresh = (await this.versions()).filter(({ id, isDeletion }) => !isDeletion && !had.has(id));
    const objects = await Promise.all(fresh.map(({ key, id }) => this.store.get(`/${BUCKET}/${key}?versionId=${id}`)));
    return objects.filter((bytes) => bytes.subarray(0, 8).toString() !== 'RCLONE\0\0' || bytes.includes('PGDMP'))
      .length;
  }

  /** The dumps on the NAS, without what copies put beside them. */
  dumpsNow(): Record<string, string> {
    return withoutEvidence(contents(this.folder).files);
  }

  dumpsBefore(): Record<string, string> {
    return withoutEvidence(this.before.files);
  }

  private async sumInBucket(name: string): Promise<string> {
    const env = {
      ...CRYPT_ENV,
      RCLONE_CA_CERT: join(this.instance.nas, '..', `${name}-ca.crt`),
      RCLONE_CONFIG_BUCKET_ENDPOINT: this.store.endpoint,
      RCLONE_CONFIG_COPIES_REMOTE: `bucket:${BUCKET}/${this.bucketFolder}`,
    };
    writeFileSync(env.RCLONE_CA_CERT, this.store.authority.certificate);
    const options = { env: { ...process.env, ...env }, encoding: 'buffer' as const, maxBuffer: 64 * 1024 * 1024 };
    return promisify(execFile)(RCLONE, ['cat', `copies:${name}.dump`], options).then(
      ({ stdout }) => createHash('sha256').update(stdout).digest('hex'),
      () => 'does not open',
    );
  }
}

export async function takeOffsiteSample(server: PostgresServer): Promise<OffsiteSample> {
  server.sql('postgres', 'CREATE DATABASE shop');
  server.sql('shop', 'CREATE TABLE orders AS SELECT id, md5(id::text) AS note FROM generate_series(1, 20000) AS id');
  const [dump, store] = await Promise.all([takeSample(server), lockedBucket(1, POOR_KEYS)]);
  return { dump, store, proxy: await FaultyBucket.before(store) };
}

/** Why there are no copies on this machine. */
export function noPrograms(): string | undefined {
  const missing = missingPrograms();
  return missing.length === 0 ? undefined : `there is no ${missing.join(', ')}`;
}

const obscured = (text: string): string =>
  execFileSync(RCLONE, ['obscure', '-'], { input: `${text}\n` })
    .toString()
    .trim();

const CRYPT_ENV =
  noPrograms() === undefined
    ? {
        RCLONE_CONFIG: '',
        RCLONE_CONFIG_BUCKET_TYPE: 's3',
        RCLONE_CONFIG_BUCKET_PROVIDER: 'Other',
        RCLONE_CONFIG_BUCKET_REGION: 'us-east-1',
        RCLONE_CONFIG_BUCKET_ACCESS_KEY_ID: ADMIN.id,
        RCLONE_CONFIG_BUCKET_SECRET_ACCESS_KEY: ADMIN.secret,
        RCLONE_CONFIG_COPIES_TYPE: 'crypt',
        RCLONE_CONFIG_COPIES_FILENAME_ENCRYPTION: 'off',
        RCLONE_CONFIG_COPIES_DIRECTORY_NAME_ENCRYPTION: 'false',
        RCLONE_CONFIG_COPIES_PASSWORD: obscured(PASSWORD),
        RCLONE_CONFIG_COPIES_PASSWORD2: obscured(SALT),
      }
    : {};

function withoutEvidence(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).filter(([file]) => !/^(offsite|drills|restores)(\/|$)|\.hold$/.test(file)),
  );
}
