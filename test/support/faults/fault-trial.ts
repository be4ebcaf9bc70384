import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { eventually } from '../machine/eventually';
import { cluster, type ClusterProps, type Tools } from './fault-cluster';
import { contents, type Contents } from './fault-contents';
import { Gate } from '../machine/gate';
import { Instance, MASTERKEY, type Env } from '../pods/instance';
import { isRoot } from '../machine/machine';
import type { Manifest } from '../manifests/synth';
import type { PodProcess, PodResult } from '../pods/pod';
import type { PostgresServer } from '../postgres/postgres-server';
import type { Userland } from '../machine/userlands';

/** The user of the pods. */
export const UID = 70;

/** When the dump that is there already was taken. */
export const EARLIER = '20260101-020000';

/** A whole dump: its name, and its files by what follows the name. */
export interface Sample {
  readonly name: string;
  readonly files: Readonly<Record<string, Buffer>>;
}

/** A point of a run at which it stands still until the fault has been made. */
export interface Moment {
  readonly reached: () => Promise<void>;
  readonly pass: () => void;
}

/** What can be put in place of the folder that stands for the NAS. */
interface Storage {
  /** Puts it right again after a fault. */
  freeAgain(): void;
  remove(): void;
}

/** One database with an earlier dump on the NAS, and the ways to do harm to it. */
export class Trial {
  readonly instance: Instance;
  /** The name of the dump that is there already. */
  readonly earlier: string;
  /** Dumps that the fault itself has damaged after they were published. */
  readonly damaged = new Set<string>();
  readonly pods: PodProcess[] = [];
  readonly passwords: (string | Buffer)[];
  private readonly tools: Tools = {};
  private readonly repairs: (() => unknown)[] = [];
  private readonly endings: (() => unknown)[] = [];
  private given?: Contents;

  constructor(
    readonly server: PostgresServer,
    readonly userland: Userland,
    private readonly sample: Sample,
    props?: ClusterProps,
    { manifests = [], around }: { manifests?: Manifest[]; around?: ConstructorParameters<typeof Instance>[3] } = {},
  ) {
    this.instance = new Instance(server, userland, [...cluster(this.tools, props), ...manifests], around);
    this.passwords = [
      server.password,
      MASTERKEY,
      server.sql('postgres', 'SELECT rolpassword FROM pg_authid WHERE rolname = current_user'),
    ];
    this.earlier = this.addDump(EARLIER);
  }

  get folder(): string {
    return this.instance.folder;
  }

  /** What was on the NAS when the first run began. */
  get before(): Contents {
    return this.given ?? contents(this.folder);
  }

  start(env: Env = {}): PodProcess {
    return this.follow(() => this.instance.startBackup(env));
  }

  protected follow(start: () => PodProcess): PodProcess {
    this.given ??= contents(this.folder);
    const pod = start();
    this.pods.push(pod);
    return pod;
  }

  backup(env: Env = {}): Promise<PodResult> {
    return this.start(env).result;
  }

  /** Checks again what is stored. */
  verify(): Promise<PodResult> {
    return this.backup({ SCRIPT: 'verify.sh' });
  }

  /** Puts a verified dump of that time on the NAS; returns its name. */
  addDump(time: string): string {
    const name = `${basename(this.folder)}-${time}`;
    for (const [ending, bytes] of Object.entries(this.sample.files)) {
      this.put(
        `${name}${ending}`,
        ending === '.dump.sha256' ? bytes.toString().replace(this.sample.name, name) : bytes,
      );
    }
    return name;
  }

  /** Copies a dump to another time; returns its name. */
  copyDump(from: string, time: string): string {
    return this.instance.copyDump(from, time);
  }

  /** The path of one of the files of the dump that is there already. */
  file(ending: string, name = this.earlier): string {
    return join(this.folder, `${name}.${ending}`);
  }

  /** Changes a file of the dump, from its text to another one. */
  edit(ending: string, change: (text: string) => string, name = this.earlier): void {
    const text = readFileSync(this.file(ending, name), 'utf8');
    const changed = change(text);
    if (changed === text) throw new Error(`There is nothing to change in ${ending}:\n${text}`);
    this.put(`${name}.${ending}`, changed);
  }

  /** Puts the dump back as it was, before the next run. */
  mendAfterwards(): void {
    this.afterwards(() => {
      this.addDump(EARLIER);
      this.settle();
    });
  }

  /** Takes what is on the NAS now for what was there before. */
  settle(): void {
    this.given = contents(this.folder);
  }

  /** Puts a file into the folder of the dumps, or into a folder below it. */
  put(path: string, text: string | Buffer): void {
    const file = join(this.folder, path);
    const folders = path
      .split('/')
      .slice(0, -1)
      .map((_, index, all) => join(this.folder, ...all.slice(0, index + 1)));
    for (const folder of [this.folder, ...folders].filter((made) => !existsSync(made))) {
      mkdirSync(folder, { mode: 0o700 });
      give(folder);
    }
    writeFileSync(file, text);
    give(file);
  }

  /** Gives the NAS a disk of its own, with nothing but the earlier dump on it. */
  useDisk<D extends Storage>(make: (folder: string) => D): D {
    const disk = make(this.instance.nas);
    this.endings.push(() => disk.remove());
    this.repairs.push(() => disk.freeAgain());
    this.addDump(EARLIER);
    return disk;
  }

  /** Puts a program before the image's own of that name, which it can call. */
  addTool(program: string, script: string): void {
    this.tools[program] = `#!/bin/sh\nPATH=\${PATH#*:}\n${script}\n`;
  }

  /** Gives the pods a check. */
  addCheck(query: string, expected?: string): Record<string, string> {
    Object.assign(this.tools, {
      '1.sql': query,
      '1.name': 'what must be true',
      ...(expected !== undefined && { '1.expect': expected }),
    });
    return { CHECKS_DIR: '/tools' };
  }

  /** Stops before, or after, a program is called with arguments that match a pattern of the shell. */
  holdAt(program: string, args = '*', when: 'before' | 'after' = 'before'): Moment {
    const gate = new Gate(join(this.instance.nas, '.gate'));
    give(gate.path);
    const wait = 'gate=${BACKUP_DIR%/*}/.gate; [ ! -p "$gate" ] || read -r _ <"$gate" || :';
    const stop = when === 'before' ? wait : `${program} "$@" || exit; ${wait}; exit`;
    this.addTool(program, `case "$*" in\n${args}) ${stop} ;;\nesac\nexec ${program} "$@"`);
    this.repairs.push(() => gate.open());
    return {
      reached: () => eventually(`${program} ${args} is called`, () => gate.isReached()),
      pass: () => gate.open(),
    };
  }

  /** Stops while the dump is written: a table is locked. */
  holdDump(): Moment {
    let locked = true;
    this.server.sql('shop', "BEGIN; LOCK TABLE eventstore.events2; PREPARE TRANSACTION 'fault'");
    const pass = (): void => {
      if (locked) this.server.sql('shop', "ROLLBACK PREPARED 'fault'");
      locked = false;
    };
    this.repairs.push(pass);
    const waiting = "EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'LOCK TABLE%')";
    return {
      reached: () => this.server.until('pg_dump waits for the table', waiting),
      pass,
    };
  }

  /** Starts a run and returns it when it stands still at a moment. */
  async startUntil(moment: Moment, env: Env = {}): Promise<PodProcess> {
    const run = this.start(env);
    await moment.reached();
    return run;
  }

  /** Sets the clock of the pods, which goes on from there. */
  setClock(time: string): void {
    const ahead = Math.floor(Date.parse(time) / 1000) - Math.floor(Date.now() / 1000);
    this.addTool('date', `exec date -d "@$(($(date +%s) + ${ahead}))" "$@"`);
  }

  /** Has the world put right again after the fault, before the next run. */
  afterwards(repair: () => unknown): void {
    this.repairs.push(repair);
  }

  /** Has something removed at the end of everything. */
  atEnd(ending: () => unknown): void {
    this.endings.push(ending);
  }

  /** The newest first: a server is up again before its locks are taken away. */
  async repair(): Promise<void> {
    for (const repair of this.repairs.splice(0).reverse()) await repair();
    for (const program of Object.keys(this.tools)) delete this.tools[program];
  }

  async end(): Promise<void> {
    await this.repair();
    await Promise.allSettled(this.pods.map(({ result }) => result));
    for (const ending of this.endings.splice(0).reverse()) await ending();
  }
}

/** The dump that a plain run makes of a database. */
export async function takeSample(server: PostgresServer): Promise<Sample> {
  const instance = new Instance(server, 'gnu', cluster({}));
  const { status, output } = await instance.backup();
  if (status !== 0) throw new Error(`A plain backup failed:\n${output}`);
  const name = instance.dumps()[0]!;
  const files = instance.files().map((file) => [file.slice(name.length), readFileSync(join(instance.folder, file))]);
  return { name, files: Object.fromEntries(files) };
}

/** Makes a file or folder the pods' own. */
export function give(path: string, uid = UID): void {
  if (isRoot) chownSync(path, uid, uid);
}
