import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { run } from '../machine/machine';
import { makeClaim, PodOptions, PodProcess, PodResult, runPod, startPod } from './pod';
import { PostgresServer } from '../postgres/postgres-server';
import { type Userland, userlandOf } from '../machine/userlands';
import { Manifest } from '../manifests/synth';

const DIST = join(__dirname, '../../../dist/identity-internal');

export const MASTERKEY = 'MasterkeyNeedsToHave32Characters';

export type Env = Readonly<Record<string, string>>;

/** What a drill tells of itself, as far as tests look at it by name. */
export interface Evidence {
  readonly verdict: 'proven' | 'failed' | 'refuted' | 'inconclusive';
  readonly reason: string | null;
  readonly dump: string | null;
  readonly keys: readonly { readonly id: string; readonly verdict: string; readonly reason: string }[];
  readonly [member: string]: unknown;
}

/** The workloads of one database, taken from synthesized manifests, run against a server and a folder of the test. */
export class Instance {
  /** The folder that stands for the NAS. */
  readonly nas: string;
  /** The folder of the dumps. */
  readonly folder: string;
  /** What is in the cluster; a test may change it. */
  readonly secrets: Record<string, Record<string, string | Buffer>> = {
    'zitadel-secret': { masterkey: MASTERKEY },
    app: { masterkey: MASTERKEY },
  };
  private readonly userland: Userland;
  private readonly claimName: string;
  private jobs = 0;

  constructor(
    private readonly server: PostgresServer,
    userland: Parameters<typeof userlandOf>[0],
    readonly manifests: readonly Manifest[] = shipped(),
    private readonly around: Pick<
      PodOptions,
      'env' | 'programs' | 'hostPrograms' | 'tokens' | 'within' | 'capabilities'
    > = {},
  ) {
    this.userland = userlandOf(userland);
    this.nas = makeClaim(70);
    const {
      containers: [container],
      volumes,
    } = this.workload('backup').spec.jobTemplate.spec.template.spec;
    const env = Object.fromEntries(container.env.map((variable: { name: string }) => [variable.name, variable]));
    this.folder = join(this.nas, env.BACKUP_DIR.value.replaceAll('$$', '$').replace('/backups/', ''));
    const { name, key } = env.PGPASSWORD.valueFrom.secretKeyRef;
    this.secrets[name] = { [key]: server.password };
    this.claimName = volumes.find(
      (volume: { name: string }) => volume.name === 'storage',
    ).persistentVolumeClaim.claimName;
  }

  /** The names of what is under a final name. */
  files(): string[] {
    return existsSync(this.folder)
      ? readdirSync(this.folder)
          .filter((file) => file !== '.work')
          .sort()
      : [];
  }

  /** The names of the dumps, without ending, oldest first. */
  dumps(): string[] {
    return this.files()
      .filter((file) => file.endsWith('.dump'))
      .map((file) => file.replace(/\.dump$/, ''));
  }

  /** What is not finished. */
  work(): string[] {
    return readdirSync(join(this.folder, '.work'));
  }

  /** Copies a dump to another time, like 20260101-020000; returns its name. */
  copyDump(from: string, time: string): string {
    const name = `${basename(this.folder)}-${time}`;
    for (const file of this.files().filter((other) => other.startsWith(`${from}.`))) {
      run(['cp', '-a', join(this.folder, file), join(this.folder, file.replace(from, name))]);
    }
    const list = join(this.folder, `${name}.dump.sha256`);
    writeFileSync(list, readFileSync(list, 'utf8').replaceAll(from, name));
    return name;
  }

  /** What a drill has left on the NAS. */
  evidence(file = 'latest.json'): Evidence {
    return JSON.parse(readFileSync(join(this.folder, 'drills', file), 'utf8'));
  }

  backup(env: Env = {}): Promise<PodResult> {
    return runPod(this.pod('backup', env));
  }

  /** With a command, the pod is the backup's in everything but what it runs: that, and nothing before it. */
  startBackup(env: Env = {}, command?: string[]): PodProcess {
    return startPod(this.pod('backup', env, undefined, command));
  }

  /** Prunes by itself, as a backup does after it. */
  prune(env: Env = {}): Promise<PodResult> {
    return this.startBackup(env, ['bash', '/scripts/prune.sh']).result;
  }

  restore(env: Env = {}, jobName?: string): Promise<PodResult> {
    return runPod(this.pod('restore', env, jobName));
  }

  startRestore(env: Env = {}, jobName?: string, command?: string[]): PodProcess {
    return startPod(this.pod('restore', env, jobName, command));
  }

  drill(env: Env = {}, jobName?: string): Promise<PodResult> {
    return runPod(this.pod('drill', env, jobName));
  }

  startDrill(env: Env = {}, disks: PodOptions['disks'] = {}, command?: string[]): PodProcess {
    return startPod({ ...this.pod('drill', env, undefined, command), disks });
  }

  /** Copies to the bucket. */
  offsite(env: Env = {}): Promise<PodResult> {
    return runPod(this.pod('offsite', env));
  }

  startOffsite(env: Env = {}): PodProcess {
    return startPod(this.pod('offsite', env));
  }

  /** The pod of a Job that somebody made of one of the workloads, with the variables and commands that it says. */
  startJob(job: Manifest): PodProcess {
    const { name } = job.metadata;
    return startPod({ ...this.pod('restore', {}, name), manifests: [...this.manifests, job], workload: name });
  }

  private pod(component: string, env: Env, jobName?: string, command?: string[]) {
    const workload = this.workload(component).metadata.name;
    return {
      ...this.around,
      manifests:
        command === undefined ? this.manifests : this.manifests.map((manifest) => commanded(manifest, command)),
      workload,
      jobName: jobName ?? `${workload}-${++this.jobs}`,
      userland: this.userland,
      claims: { [this.claimName]: this.nas },
      secrets: this.secrets,
      env: { PGHOST: this.server.host, PGPORT: String(this.server.port), ...this.around.env, ...env },
    };
  }

  private workload(component: string): Manifest {
    const found = this.manifests.find(
      ({ kind, metadata }) => kind === 'CronJob' && metadata.labels?.['app.kubernetes.io/component'] === component,
    );
    if (found === undefined) throw new Error(`The manifests hold no CronJob of the component ${component}.`);
    return found;
  }
}

function commanded(manifest: Manifest, command: string[]): Manifest {
  if (manifest.kind !== 'CronJob') return manifest;
  const copy = structuredClone(manifest);
  const { spec } = copy.spec.jobTemplate.spec.template;
  spec.containers[0].command = command;
  delete spec.initContainers;
  return copy;
}

/** The manifests in dist/. */
function shipped(): Manifest[] {
  return readdirSync(DIST)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => parse(readFileSync(join(DIST, file), 'utf8')));
}
