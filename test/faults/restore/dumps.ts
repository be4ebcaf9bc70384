import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { pattern } from '../../support/faults/fault';
import { EARLIER } from '../../support/faults/fault-trial';
import type { PodResult } from '../../support/pods/pod';
import type { RestoreFault, RestoreFaultGroup } from '../../support/faults/restore-fault';
import { restoreFault } from '../../support/faults/restore-fault';
import { asItWas, restored } from '../../support/faults/restore-leaves';
import type { RestoreTrial } from '../../support/faults/restore-trial';
import type { Env } from '../../support/pods/instance';
import { Random } from '../../support/retention/retention-cases';

const NAME = 'shop-20260101-020000';
const notWhole = '"shop" is untouched. Choose another dump.';

/** A restore of a dump that is not what it was, or that is asked for in a way that cannot be followed. */
const refused = (what: string, says: string, damage: (trial: RestoreTrial) => unknown, env: Env = {}): RestoreFault =>
  restoreFault(what, { leaves: asItWas, status: 1, says }, (trial) => {
    damage(trial);
    trial.settle();
    trial.mendAfterwards();
    return trial.restore(env);
  });

/** The same of several, each by a run of its own. */
const allRefused = (
  what: string,
  says: string,
  damages: readonly ((trial: RestoreTrial) => unknown)[],
  envs: readonly Env[] = [{}],
): RestoreFault =>
  restoreFault(what, { leaves: asItWas, status: 1, says }, async (trial) => {
    trial.mendAfterwards();
    const results: PodResult[] = [];
    for (const damage of damages) {
      trial.addDump(EARLIER);
      damage(trial);
      trial.settle();
      for (const env of envs) results.push(await trial.restore(env));
    }
    for (const { status, output } of results)
      expect({ status, output }).toEqual({ status: 1, output: expect.stringMatching(pattern(says)) });
    return results.at(-1)!;
  });

const differs = `its checksum differs from that of the day it was written…the dump is not whole. ${notWhole}`;

const cut =
  (share: number) =>
  (trial: RestoreTrial): void =>
    truncateSync(trial.file('dump'), Math.floor(statSync(trial.file('dump')).size * share));

/** One bit of each of many places. */
function flip(trial: RestoreTrial): void {
  const random = new Random('flipped bits');
  const bytes = readFileSync(trial.file('dump'));
  for (let i = 0; i < 10; i++) bytes[random.int(0, bytes.length - 1)]! ^= 1 << random.int(0, 7);
  writeFileSync(trial.file('dump'), bytes);
}

/** As an older script leaves a dump: alone. */
function unverified(trial: RestoreTrial): void {
  for (const ending of ['dump.sha256', 'json', 'globals.sql']) rmSync(trial.file(ending));
}

const byName = { RESTORE_DUMP: NAME };

export const dumps: RestoreFaultGroup = {
  title: 'Restore: dumps',
  faults: [
    allRefused('the dump is cut at 1, 50 or 99.9 %', differs, [0.01, 0.5, 0.999].map(cut)),
    refused('bits of the dump are flipped', differs, flip),
    refused(
      'the dump is empty',
      "no verified dump in /backups/shop. Name an older script's dump with RESTORE_DUMP.",
      cut(0),
    ),
    refused(
      'the dump is empty and asked for by name',
      `it is missing or empty…the dump is not whole. ${notWhole}`,
      cut(0),
      byName,
    ),
    refused('the checksum is that of another dump', differs, (trial) =>
      trial.edit('dump.sha256', (text) => text.replace(/^\w{64}/, 'f'.repeat(64))),
    ),
    refused('the checksum is of another file', differs, (trial) =>
      trial.edit('dump.sha256', (text) => text.replace('20260101', '20250101')),
    ),
    refused(
      'the manifest names another checksum',
      `its checksums are not those that its manifest names…the dump is not whole. ${notWhole}`,
      (trial) => trial.edit('json', (text) => text.replace(/("sha256": ")\w{64}/, `$1${'0'.repeat(64)}`)),
    ),
    refused(
      'the manifest is that of another database',
      `${NAME}.dump is of the database "store", not of "shop". Choose another dump.`,
      (trial) => trial.edit('json', (text) => text.replace('"database": "shop"', '"database": "store"')),
    ),
    refused(
      'the manifest is not a manifest',
      `${NAME}.dump is of the database …, not of "shop". Choose another dump.`,
      (trial) => trial.put(`${NAME}.json`, '<html>502 Bad Gateway</html>\n'),
    ),
    refused(
      'the request pins another checksum',
      'RESTORE_SHA256 (aa…) is not the checksum of shop-20260101-020000.dump, "…".',
      () => {},
      { RESTORE_SHA256: 'a'.repeat(64) },
    ),
    refused(
      'the dump of an older script is cut',
      `it cannot be read to its end…the dump is not whole. ${notWhole}`,
      (trial) => {
        unverified(trial);
        cut(0.9)(trial);
      },
      byName,
    ),
    refused(
      'the dump of an older script is not a dump',
      `it cannot be read to its end…the dump is not whole. ${notWhole}`,
      (trial) => {
        unverified(trial);
        trial.put(`${NAME}.dump`, 'SELECT 1;\n'.repeat(1000));
      },
      byName,
    ),
    refused(
      'only dumps of an older script are there and none is named',
      `no verified dump in /backups/shop. Name an older script's dump with RESTORE_DUMP. There are: ${NAME}`,
      unverified,
    ),
    refused('there is no dump', 'no verified dump in /backups/shop.', (trial) => {
      unverified(trial);
      rmSync(trial.file('dump'));
    }),
    allRefused(
      'the dump that is asked for is not there, or no name of a dump',
      `there is no dump … in /backups/shop. There are: ${NAME}`,
      [() => {}],
      ['shop-19990101-000000', '../../etc/passwd', '--help', '.*', 'shop'].map((name) => ({ RESTORE_DUMP: name })),
    ),
    refused(
      'the moment is before all dumps',
      'no verified dump from 2026-01-01T01:59:59Z or before in /backups/shop.',
      () => {},
      { RESTORE_BEFORE: '2026-01-01T01:59:59Z' },
    ),
    allRefused(
      'the moment is not a time in UTC',
      'RESTORE_BEFORE (…) is not a time in UTC. Write it like 2026-11-20T08:00:00Z',
      [() => {}],
      ['yesterday', '2026-01-03 02:00', '2026-01-03T02:00:00+01:00', '2026-13-41T00:00:00Z', '$(reboot)'].map(
        (time) => ({ RESTORE_BEFORE: time }),
      ),
    ),
    refused(
      'a dump and a moment are asked for',
      'RESTORE_DUMP and RESTORE_BEFORE are both set. Set one of them.',
      () => {},
      { ...byName, RESTORE_BEFORE: '2026-01-03T02:00:00Z' },
    ),
    refused(
      'what to do is misspelt',
      'RESTORE_ACTION (undoo) is not one of restore, list, preflight, state, verify, rehearse, prepare, cutover, ' +
        'undo, ' +
        'drop-previous, hold, release, evidence, restores, usage.',
      () => {},
      { RESTORE_ACTION: 'undoo' },
    ),

    restoreFault(
      'the newest dump is damaged, and an earlier one is asked for',
      { leaves: restored, status: 0, says: `chose ${NAME}.dump` },
      (trial) => {
        const newest = trial.addDump('20260102-020000');
        truncateSync(trial.file('dump', newest), 1000);
        trial.settle();
        trial.afterwards(() => {
          for (const ending of ['dump', 'dump.sha256', 'json', 'globals.sql']) rmSync(trial.file(ending, newest));
          trial.settle();
        });
        return trial.restore({ RESTORE_BEFORE: '2026-01-01T12:00:00Z' });
      },
    ),

    restoreFault(
      'the clock of the node is years behind the dump',
      { leaves: restored, status: 0, says: `chose ${NAME}.dump` },
      (trial) => {
        trial.setClock('2020-02-29T00:00:00Z');
        return trial.restore();
      },
    ),
  ],
};
