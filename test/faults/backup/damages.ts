import {
  copyFileSync,
  cpSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { BackupFormat } from '../../../src';
import { Disk, noImage } from '../../support/storage/disk';
import { fault, type Fault, type FaultGroup, type Outcome } from '../../support/faults/fault';
import { UID, type Trial } from '../../support/faults/fault-trial';
import type { PodResult } from '../../support/pods/pod';
import { Random } from '../../support/retention/retention-cases';

const found: Outcome = {
  leaves: {
    text: 'all dumps, the damaged ones too',
    check: (before, after) => expect(after.files).toEqual(before.files),
  },
  status: 1,
  says: 'BAD shop-…: …are not whole. Do not restore them. Check the storage, and back up now.',
};

const FLIPS = 40;

/**
 * A dump of some megabytes of each format, damaged once in each of many copies; the check of what is stored must find
 * each.
 */
async function damaged(trial: Trial, damages: readonly ((path: string) => void)[]): Promise<PodResult> {
  trial.server.sql(
    'shop',
    'CREATE TABLE IF NOT EXISTS public.bulk AS SELECT md5(i::text) AS text FROM generate_series(1, 60000) AS i',
  );
  trial.afterwards(() => trial.server.sql('shop', 'DROP TABLE public.bulk'));
  expect(await trial.backup()).toMatchObject({ status: 0, stderr: '' });
  const whole = trial.instance.dumps().at(-1)!;
  const names = damages.map((damage, index) => {
    const name = trial.copyDump(
      whole,
      `202401${String(1 + (index % 28)).padStart(2, '0')}-${String(index).padStart(6, '0')}`,
    );
    damage(join(trial.folder, `${name}.dump`));
    trial.damaged.add(name);
    return name;
  });
  trial.settle();
  const result = await trial.verify();
  const lines = result.stdout.split('\n');
  expect(names.filter((name) => !lines.some((line) => line.includes(`BAD ${name}: `)))).toEqual([]);
  for (const good of [trial.earlier, whole]) expect(result.stdout).toContain(`ok  ${good}`);
  expect(result.stderr).toContain(`${names.length} of ${names.length + 2} dumps are not whole`);
  return result;
}

const damage = (name: string, damages: () => ((path: string) => void)[], more: Partial<Fault> = {}): Fault =>
  fault(name, { ...found, ...more }, (trial) => damaged(trial, damages()));

const cut =
  (share: number) =>
  (path: string): void =>
    truncateSync(path, Math.floor(statSync(path).size * share));

function flip(share: number, bit: number) {
  return (path: string): void => {
    const bytes = readFileSync(path);
    bytes[Math.floor(bytes.length * share)]! ^= 1 << bit;
    writeFileSync(path, bytes);
  };
}

/** The place of the biggest table's rows. */
function biggest(folder: string): string {
  const files = readdirSync(folder).map((file) => join(folder, file));
  return files.sort((a, b) => statSync(b).size - statSync(a).size)[0]!;
}

const inFolder =
  (harm: (path: string) => void) =>
  (folder: string): void =>
    harm(biggest(folder));

const directory = { cluster: { format: BackupFormat.directory({ parallelJobs: 2 }) } };

export const damages: FaultGroup = {
  title: 'Check of what is stored: dumps that were damaged after publication',
  faults: [
    damage('a dump is cut at five places', () => [0.01, 0.3, 0.5, 0.9, 0.999999].map(cut)),
    damage(`one bit is flipped, at ${FLIPS} random places`, () => {
      const random = new Random('custom');
      return Array.from({ length: FLIPS }, () => flip(random.next(), random.int(0, 7)));
    }),
    fault(
      'the storage has changed a bit of a dump, and the memory of the node does not tell',
      { impossible: noImage, ...found },
      (trial) => {
        trial.useDisk((folder) => Disk.ofImage(folder, 16, UID)).damage(trial.file('dump'));
        trial.damaged.add(trial.earlier);
        trial.settle();
        return trial.verify();
      },
    ),
    damage('a dump is empty', () => [cut(0)]),
    damage('a dump is another dump', () => [
      (path) => copyFileSync(path.replace(/[^/]*$/, 'shop-20260101-020000.dump'), path),
    ]),
    damage('the checksum is empty, or names another file', () => [
      (path) => truncateSync(`${path}.sha256`),
      (path) => writeFileSync(`${path}.sha256`, readFileSync(`${path}.sha256`, 'utf8').replace('-2024', '-2023')),
    ]),
    damage(
      "in the directory format, a table's file is cut, emptied or missing",
      () => [
        inFolder(cut(0.5)),
        inFolder(cut(0)),
        inFolder((path) => rmSync(path)),
        (folder) => rmSync(join(folder, 'toc.dat')),
      ],
      directory,
    ),
    damage(
      "in the directory format, one bit of a table's file is flipped",
      () => {
        const random = new Random('directory');
        return Array.from({ length: 5 }, () => inFolder(flip(random.next(), random.int(0, 7))));
      },
      directory,
    ),
    damage(
      "in the directory format, a table's file is cut, and so is the list of checksums",
      () => [
        (folder) => {
          const file = biggest(folder);
          cut(0.5)(file);
          const list = readFileSync(`${folder}.sha256`, 'utf8')
            .split('\n')
            .filter((line) => !line.endsWith(file.replace(/.*\//, '')));
          writeFileSync(`${folder}.sha256`, list.join('\n'));
        },
      ],
      directory,
    ),
    damage(
      "in the directory format, two tables' files are exchanged",
      () => [
        (folder) => {
          const file = biggest(folder);
          const other = readdirSync(folder).find(
            (name) => name.includes('.dat') && name !== 'toc.dat' && !file.endsWith(name),
          )!;
          cpSync(join(folder, other), file);
        },
      ],
      directory,
    ),
  ],
};
