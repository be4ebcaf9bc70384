import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { makeClaim, PodProcess, PodResult, runPod, startPod } from './pod';
import { PostgresServer } from './postgres-server';
import { Shell } from './shells';

const DIST = join(__dirname, '../../dist/identity-internal');

/** The workloads of dist/, run against a server and a folder of the test. */
export class Instance {
  /** The folder that stands for the NAS. */
  public readonly nas: string;
  private jobs = 0;

  public constructor(private readonly server: PostgresServer, private readonly shell: Shell) {
    this.nas = makeClaim(70);
  }

  /** The folder of the dumps. */
  public get folder(): string {
    return join(this.nas, 'zitadel');
  }

  /** The names of what is under a final name. */
  public files(): string[] {
    return readdirSync(this.folder).filter((file) => file !== '.work').sort();
  }

  public backup(env: Record<string, string> = {}): Promise<PodResult> {
    return runPod(this.pod('zitadel-db-backup', env));
  }

  public startBackup(env: Record<string, string> = {}): PodProcess {
    return startPod(this.pod('zitadel-db-backup', env));
  }

  public restore(env: Record<string, string> = {}, jobName?: string): Promise<PodResult> {
    return runPod(this.pod('zitadel-db-restore', env, jobName));
  }

  public startRestore(env: Record<string, string> = {}, jobName?: string): PodProcess {
    return startPod(this.pod('zitadel-db-restore', env, jobName));
  }

  private pod(workload: string, env: Record<string, string>, jobName = `${workload}-${++this.jobs}`) {
    return {
      manifests: manifests(),
      workload,
      jobName,
      shell: this.shell,
      claims: { 'zitadel-backup': this.nas },
      secrets: { 'zitadel-db-secret': { POSTGRES_PASSWORD: this.server.password } },
      env: { PGHOST: this.server.host, PGPORT: String(this.server.port), ...env },
    };
  }
}

function manifests(): object[] {
  return readdirSync(DIST).map((file) => parse(readFileSync(join(DIST, file), 'utf8')));
}
