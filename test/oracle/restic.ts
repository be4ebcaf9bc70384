import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { need } from '../support/machine/machine';
import { DAY, type Policy } from '../support/retention/retention-model';

/**
 * restic does not count from a snapshot of the future. So all of them are taken 400 years earlier, when the calendar
 * was the same.
 */
const CYCLE = 146_097 * DAY;

export interface Snapshot {
  /** In milliseconds since 1970. */
  readonly time: number;
  readonly tag: string;
  readonly host: string;
}

/** By what restic divides the snapshots into histories; '' takes them all for one. */
export type Grouping = 'tags' | 'host' | '';

interface Group {
  readonly tags: string[] | null;
  readonly host: string;
  readonly reasons: { readonly snapshot: { readonly time: string }; readonly matches: string[] }[];
}

/** A repository of Debian's restic. */
export class Restic {
  private readonly program = need('restic');
  private readonly env: NodeJS.ProcessEnv;

  constructor(private readonly folder: string) {
    const secret = randomBytes(16).toString('hex');
    this.env = {
      PATH: process.env.PATH,
      HOME: folder,
      TZ: 'UTC',
      RESTIC_REPOSITORY: join(folder, 'repository'),
      RESTIC_PASSWORD: secret,
    };
    writeFileSync(join(folder, 'file'), 'x');
  }

  version(): Promise<string> {
    return this.run('version');
  }

  async init(): Promise<void> {
    await this.run('init');
  }

  async backup({ time, tag, host }: Snapshot): Promise<void> {
    const when = new Date(time - CYCLE).toISOString().slice(0, 19).replace('T', ' ');
    await this.run('backup', '--time', when, '--tag', tag, '--host', host, '--force', join(this.folder, 'file'));
  }

  /** The times of the snapshots that the rules of a policy keep in each history, by its tag or host. */
  async kept(policy: Policy, grouping: Grouping): Promise<Map<string, Set<number>>> {
    const rules = Object.entries(policy).flatMap(([rule, count]) =>
      count === 0 ? [] : [`--keep-${rule}`, `${count}${rule === 'within' ? 'd' : ''}`],
    );
    const groups = JSON.parse(
      await this.run('forget', '--dry-run', '--json', '--no-lock', '--group-by', grouping, ...rules),
    ) as Group[];
    return new Map(
      groups.map(({ tags, host, reasons }) => {
        // What newer versions keep beside, as `Retention` says, they name so.
        const wanted = reasons.filter(({ matches }) => matches.some((match) => !match.startsWith('oldest ')));
        const times = wanted.map(({ snapshot }) => Date.parse(snapshot.time) + CYCLE);
        return [{ tags: tags?.[0] ?? '', host, '': '' }[grouping], new Set(times)];
      }),
    );
  }

  private async run(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(this.program, [...args, '--no-cache', '--quiet'], {
      env: this.env,
      maxBuffer: 2 ** 28,
    });
    return stdout;
  }
}
