import { fault, type Fault, type FaultGroup } from '../../support/faults/fault';
import { asBefore, companions, newDump, type Leaves } from '../../support/faults/fault-leaves';
import type { Env } from '../../support/pods/instance';

const HELD = { BACKUP_HOLD: 'P30D', BACKUP_LABEL: 'before-upgrade-v5' };

const refused = (what: string, env: Env, says: string): Fault =>
  fault(what, { leaves: asBefore, status: 1, says }, (trial) => trial.backup(env));

const withoutHold: Leaves = {
  text: 'the earlier dumps, as they were; of the new one its checksum and manifest, and no hold',
  check(before, after) {
    expect(after.work).toEqual([]);
    companions.check(before, { ...after, work: ['thrown away'] });
  },
};

export const purpose: FaultGroup = {
  title: 'Backup: dumps on purpose',
  faults: [
    refused(
      'the dump is to be held for what is not a duration',
      { ...HELD, BACKUP_HOLD: '30 days' },
      'BACKUP_HOLD (30 days) is not a number of days, weeks or hours from 1 to 9999. Write it like P30D, P4W or PT12H.',
    ),

    refused(
      'the label of the dump is none',
      { ...HELD, BACKUP_LABEL: 'before upgrade' },
      'BACKUP_LABEL (before upgrade) is not a label: up to 63 letters, digits, ".", "_" and "-", a letter or ' +
        'digit first and last. Write it like before-upgrade-v5.',
    ),

    fault(
      'a dump that is to be held cannot be given its final name',
      {
        leaves: withoutHold,
        status: 1,
        says:
          'the dump could not be given its final name, see the message above. Earlier dumps are untouched. Check ' +
          'the storage.',
      },
      (trial) => {
        trial.addTool('mv', 'case "$2" in\n*.dump) echo "mv: no" >&2; exit 1 ;;\nesac\nexec mv "$@"');
        return trial.backup(HELD);
      },
    ),

    fault(
      'SIGKILL when a hold is there and its dump is not yet',
      {
        leaves: newDump,
        status: 0,
        says: 'left behind by a run that was cut off',
      },
      async (trial) => {
        const moment = trial.holdAt('mv', '*.dump');
        const run = await trial.startUntil(moment, HELD);
        expect(trial.instance.files().filter((file) => file.endsWith('.hold'))).toHaveLength(1);
        run.kill('SIGKILL');
        expect((await run.result).status).toBe(137);
        await trial.repair();
        return trial.backup();
      },
    ),
  ],
};
