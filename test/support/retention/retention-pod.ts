import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { makeClaim, startPod, type PodProcess } from '../pods/pod';
import { UID } from './retention-folder';
import type { Case, Policy } from './retention-model';
import type { Userland } from '../machine/userlands';

const DIST = join(__dirname, '../../../dist/identity-internal');
const PRUNE = '/scripts/prune.sh';

export type Env = Readonly<Record<string, string>>;

/** The pod of the backup in dist/, on a folder that stands for the NAS, running prune.sh only; it needs no server. */
export function startPrune(userland: Userland, nas: string, args: readonly string[] = [], env: Env = {}): PodProcess {
  return start(userland, nas, ['bash', PRUNE, ...args], env);
}

/**
 * What the rules of the shipped scripts remove in each case: the times, newest first. Every userland says the same.
 */
export async function removedBy(cases: readonly Case[]): Promise<number[][]> {
  const nas = makeClaim(UID);
  const questions = cases.map(({ policy, dumps, current }, number) => {
    const states = new Map<number, string>(dumps.map(({ time, state }) => [time, state]));
    if (current !== undefined && !states.has(current)) states.set(current, 'coming');
    const lines = [...states].sort(([a], [b]) => b - a).map(([time, state]) => `${nameOf(time)} ${state}\n`);
    writeFileSync(join(nas, `${number}`), lines.join(''));
    return question(`${number}`, current === undefined ? '-' : nameOf(current), policy);
  });
  writeFileSync(join(nas, 'questions'), questions.join(''));
  const [inBusybox, inGnu] = await Promise.all(
    (['busybox', 'gnu'] as const).map((userland) => drive('retention-driver.sh', userland, nas)),
  );
  expect(inBusybox === inGnu).toBe(true);
  const answers = (inBusybox ?? '').split(/^case \d+\n/m).slice(1);
  expect(answers).toHaveLength(cases.length);
  return answers.map((names) => names.split('\n').filter(Boolean).map(timeOf));
}

export interface FolderCase extends Case {
  /** The folder below that of the NAS; its last part is the prefix of the dumps. */
  readonly folder: string;
}

/** Runs prune.sh on many folders in one pod, and returns what it said. */
export function pruneFolders(userland: Userland, nas: string, cases: readonly FolderCase[]): Promise<string> {
  const questions = cases.map(({ folder, policy, current }) => {
    const prefix = folder.slice(folder.lastIndexOf('/') + 1);
    return question(folder, current === undefined ? '-' : nameOf(current, prefix), policy);
  });
  writeFileSync(join(nas, 'questions'), questions.join(''));
  return drive('retention-folders.sh', userland, nas);
}

export function nameOf(time: number, prefix = 'zitadel'): string {
  return `${prefix}-${new Date(time).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}`;
}

export function timeOf(name: string): number {
  const [, y, mo, d, h, mi, s] = /(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)$/.exec(name) ?? [];
  return Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
}

export function keepEnv({ last, daily, weekly, monthly, yearly, within }: Policy): Env {
  return {
    KEEP_LAST: `${last}`,
    KEEP_DAILY: `${daily}`,
    KEEP_WEEKLY: `${weekly}`,
    KEEP_MONTHLY: `${monthly}`,
    KEEP_YEARLY: `${yearly}`,
    KEEP_WITHIN_DAYS: `${within}`,
  };
}

function question(file: string, current: string, policy: Policy): string {
  return `${[file, current, ...Object.values(keepEnv(policy))].join(' ')}\n`;
}

async function drive(driver: string, userland: Userland, nas: string): Promise<string> {
  const command = ['bash', '-c', readFileSync(join(__dirname, driver), 'utf8'), driver];
  const { status, stdout, stderr } = await start(userland, nas, command, { CASES: '/backups' }).result;
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

function start(userland: Userland, nas: string, command: readonly string[], env: Env): PodProcess {
  const manifests = readdirSync(DIST)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => parse(readFileSync(join(DIST, file), 'utf8')));
  const backup = manifests.find(
    ({ kind, metadata }) => kind === 'CronJob' && metadata.labels['app.kubernetes.io/component'] === 'backup',
  );
  const { containers, volumes } = backup.spec.jobTemplate.spec.template.spec;
  containers[0].command = command;
  const claims = volumes.flatMap(
    ({ persistentVolumeClaim: claim }: { persistentVolumeClaim?: { claimName: string } }) => claim?.claimName ?? [],
  );
  return startPod({
    manifests,
    workload: backup.metadata.name,
    userland,
    claims: { [claims[0]]: nas },
    secrets: {},
    env,
  });
}
