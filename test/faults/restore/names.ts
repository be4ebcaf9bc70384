import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { restoreFault, type RestoreFaultGroup } from '../../support/faults/restore-fault';
import { asItWas, restored } from '../../support/faults/restore-leaves';

/** The first has all of ASCII that is printed. */
const DATABASES = [
  ' !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
  'a=b host=nowhere',
  'postgres://nowhere/x',
  '-v',
  '日本 ﷽\there',
  '$(id) ${HOME} `id`',
  'Shop',
  'x'.repeat(63),
  'é'.repeat(31),
];

const REQUESTS = ['x'.repeat(63), 'Incident.2026_11-23', '0', '-rf'];

export const names: RestoreFaultGroup = {
  title: 'Restore: odd names',
  faults: [
    // The first has every character of the shorter ones in ASCII.
    ...DATABASES.map((databaseName, index) =>
      restoreFault(
        `the database is called \`${databaseName.replace('\t', ' ').replaceAll('`', '´')}\``,
        {
          leaves: restored,
          status: 0,
          says: 'the former database is "…", closed to connections',
          cluster: { databaseName },
          isTwin: index > 0 && /^[ -~]{1,32}$/.test(databaseName) && !databaseName.includes('='),
        },
        async (trial) => {
          await trial.dumpWith('');
          trial.settle();
          return trial.restore();
        },
      ),
    ),

    restoreFault(
      'requests have odd names',
      { leaves: restored, status: 0, says: '== done: "shop" is now shop-20260101-020000' },
      async (trial) => {
        for (const request of REQUESTS) {
          trial.settleDatabase();
          expect(await trial.restore({}, request)).toMatchObject({ status: 0 });
          expect(existsSync(join(trial.folder, `restores/${request}.json`))).toBe(true);
        }
        trial.settleDatabase();
        return trial.restore({}, 'a.b');
      },
    ),

    restoreFault(
      'the name of a request is a path to somewhere else',
      {
        leaves: asItWas,
        status: 1,
        says:
          'REQUEST_ID (../../evil) has other characters than letters, digits, ".", "_" and "-". Name the request ' +
          'like a Job.',
      },
      async (trial) => {
        const result = await trial.restore({ REQUEST_ID: '../../evil' });
        expect(existsSync(join(trial.instance.nas, 'evil.json'))).toBe(false);
        return result;
      },
    ),
  ],
};
