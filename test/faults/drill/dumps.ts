import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { Disk, noImage } from '../../support/storage/disk';
import {
  drillFault,
  failedOfBad,
  inconclusive,
  type DrillFault,
  type DrillFaultGroup,
  type DrillTrial,
  type Judged,
} from '../../support/faults/drill-trial';
import { UID } from '../../support/faults/fault-trial';
import type { Env } from '../../support/pods/instance';
import { Random } from '../../support/retention/retention-cases';

const byName = { RESTORE_DUMP: 'shop-20260101-020000' };

/** A drill of a dump that is not what it was. */
const bad = (
  what: string,
  says: string,
  damage: (trial: DrillTrial, time: number) => void,
  more: { env?: Env; leaves?: Judged; status?: number; times?: number } = {},
): DrillFault => {
  const { env = {}, leaves = failedOfBad, status = 1, times } = more;
  return drillFault(
    what,
    { leaves, status, says: `== verdict: ${leaves.text}. ${says}`, ...(times && { times }) },
    (trial, time) => {
      damage(trial, time);
      trial.settle();
      trial.mendAfterwards();
      return trial.drill(env);
    },
  );
};

/** One bit of the data of the largest table, which is most of the dump. */
const flip =
  (time: number) =>
  (bytes: Buffer): void => {
    const random = new Random(`flipped data ${time}`);
    bytes[random.int(Math.floor(bytes.length * 0.4), Math.floor(bytes.length * 0.6))]! ^= 1 << random.int(0, 7);
  };

/** Another text of the same length in the dump's list, which is not compressed. */
const replace =
  (from: string, to: string) =>
  (trial: DrillTrial): void =>
    trial.forge((bytes) => {
      if (!bytes.includes(from)) throw new Error(`There is no ${from} in the dump.`);
      for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from)) bytes.write(to, at);
    });

const differs = '…its checksum differs from that of the day it was written…the dump is not whole.';
const notProven = '…shop-20260101-020000.dump could not be restored and proven, see the message above.';

export const dumps: DrillFaultGroup = {
  title: 'Drill: dumps',
  faults: [
    bad('the dump is cut', differs, (trial) =>
      truncateSync(trial.file('dump'), Math.floor(statSync(trial.file('dump')).size / 2)),
    ),
    bad('a bit of the data is flipped', differs, (trial) => {
      const bytes = readFileSync(trial.file('dump'));
      flip(0)(bytes);
      writeFileSync(trial.file('dump'), bytes);
    }),
    {
      impossible: noImage,
      ...bad(
        'the storage has changed a bit of the data, and the memory of the node does not tell',
        differs,
        (trial) => {
          trial.useDisk((folder) => Disk.ofImage(folder, 16, UID)).damage(trial.file('dump'));
        },
      ),
    },
    bad(
      'a bit of the data was flipped before its checksum was taken',
      notProven,
      (trial, time) => trial.forge(flip(time)),
      { times: 5 },
    ),
    bad(
      'a name in the list was changed before its checksum was taken',
      notProven,
      replace('projections.sessions', 'projections.sessionr'),
    ),
    bad(
      'an extension that the dump needs is not in the image',
      `…extension "citexx" is not available…Install the extension on the server${notProven}`,
      replace('citext', 'citexx'),
    ),
    bad('the manifest is missing', 'drill-restore: no verified dump in /backups/shop.', (trial) =>
      rmSync(trial.file('json')),
    ),
    bad(
      'the manifest is missing, and the dump is asked for by name',
      'the dump is restorable, but it has no manifest with rows to compare with',
      (trial) => rmSync(trial.file('json')),
      { env: byName, leaves: inconclusive, status: 5 },
    ),
    bad('the manifest is not a manifest', `…is of the database …, not of "shop".${notProven}`, (trial) =>
      trial.put(`${trial.earlier}.json`, '<html>502 Bad Gateway</html>\n'),
    ),
    bad(
      'the roles are missing',
      '…role "zitadel" does not exist…Are the roles that it needs on the server, or in ' +
        `shop-20260101-020000.globals.sql beside the dump?${notProven}`,
      (trial) => rmSync(trial.file('globals.sql')),
    ),
    bad(
      'a table has other rows than were counted',
      `…tables do not have the rows that were counted for the dump:…${notProven}`,
      (trial) => trial.edit('json', (text) => text.replace('"projections.users": 500', '"projections.users": 499')),
    ),
    bad(
      'a table has other contents than were hashed, and as many rows',
      `…tables do not have the contents that were hashed for the dump:…${notProven}`,
      (trial) =>
        trial.edit('json', (text) =>
          text.replace(
            /("projections\.users": ")(-?)(\d)/,
            (_, name, sign, digit) => `${name}${sign}${9 - Number(digit)}`,
          ),
        ),
    ),
    bad('the dump is that of another database', `…is of the database "store", not of "shop".${notProven}`, (trial) =>
      trial.edit('json', (text) => text.replace('"database": "shop"', '"database": "store"')),
    ),
  ],
};
