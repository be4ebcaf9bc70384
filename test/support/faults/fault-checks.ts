import { lstatSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runPod } from '../pods/pod';
import { podOptions, SCRIPTS_VOLUME } from '../pods/sketch';
import type { Trial } from './fault-trial';

/** Reads every dump that has a checksum and a manifest, by means that the backup's own scripts have no part in. */
const READ_ALL = `
cd "$DIR" || exit 0
for list in *.dump.sha256; do
  name=\${list%.dump.sha256}
  [ -e "$name.dump" ] && [ -e "$name.json" ] || continue
  if sha256sum -c "$list" >/dev/null && pg_restore --file=/dev/null "$name.dump"; then echo "good $name"; else echo "bad $name"; fi
done
`;

export interface Dumps {
  readonly good: readonly string[];
  readonly bad: readonly string[];
}

/** The dumps under their final names, told apart by reading them. */
export async function dumpsOf({ instance, folder, userland }: Trial): Promise<Dumps> {
  const { stdout } = await runPod(
    podOptions(
      {
        script: READ_ALL,
        container: {
          env: [{ name: 'DIR', value: `/nas/${basename(folder)}` }],
          volumeMounts: [
            { name: 'scripts', mountPath: '/scripts' },
            { name: 'nas', mountPath: '/nas', readOnly: true },
          ],
        },
        spec: {
          securityContext: { runAsUser: 0 },
          volumes: [SCRIPTS_VOLUME, { name: 'nas', persistentVolumeClaim: { claimName: 'nas' } }],
        },
      },
      { userland, claims: { nas: instance.nas } },
    ),
  );
  const read = stdout
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' ') as [string, string]);
  const isGood = ([word, name]: [string, string]): boolean => word === 'good' && isDescribed(folder, name);
  const names = (dumps: [string, string][]): string[] => dumps.map(([, name]) => name);
  return { good: names(read.filter(isGood)), bad: names(read.filter((dump) => !isGood(dump))) };
}

/** Whether the manifest tells what it should, and the roles are all there. */
function isDescribed(folder: string, name: string): boolean {
  try {
    const { database, server, bytes, sha256 } = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
    const globals = readFileSync(join(folder, `${name}.globals.sql`), 'utf8');
    const dump = lstatSync(join(folder, `${name}.dump`));
    const sizeFits = dump.isDirectory() || dump.size === bytes;
    return (
      sizeFits &&
      /^[0-9a-f]{64}$/.test(sha256) &&
      typeof database === 'string' &&
      server !== '' &&
      /dump complete/.test(globals)
    );
  } catch {
    return false;
  }
}
