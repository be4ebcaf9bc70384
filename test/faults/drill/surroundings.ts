import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Disk, noDisk } from '../../support/storage/disk';
import { drillFault, failed, proven, untold, type DrillFaultGroup } from '../../support/faults/drill-trial';
import { UID } from '../../support/faults/fault-trial';

const tooSmall = "The drill's volume is too small: raise the drill's scratchSize, or free space on the node.";

const KEEP_ONE = { KEEP_LAST: '1', KEEP_DAILY: '0', KEEP_WEEKLY: '0' };

export const surroundings: DrillFaultGroup = {
  title: 'Drill: surroundings',
  faults: [
    drillFault(
      'the volume is full before the server is made',
      {
        leaves: failed,
        status: 1,
        impossible: noDisk,
        says:
          '== verdict: failed. …No space left on device…initdb could not make a server in /drill, see the message ' +
          `above. ${tooSmall}`,
      },
      (trial) => trial.drill({}, { drill: 8 }),
    ),

    drillFault(
      'the volume has no room for the dump',
      {
        leaves: failed,
        status: 1,
        impossible: noDisk,
        says:
          '== verdict: failed. restore: the server has … MB free, and a second copy of "shop" needs about … ' +
          `MB.…${tooSmall}`,
      },
      (trial) => trial.drill({}, { drill: 48 }),
    ),

    drillFault(
      'the volume gets full while the dump is restored',
      {
        leaves: failed,
        status: 1,
        impossible: noDisk,
        says: `== verdict: failed. …No space left on device…${tooSmall}`,
      },
      async (trial) => {
        const load = trial.holdAt('pg_restore', '*--exit-on-error*');
        const run = await trial.drillUntil(load, {}, { drill: 100 });
        const folder = run.volume('drill');
        const { bavail, bsize } = statfsSync(folder);
        writeFileSync(join(folder, 'filler'), Buffer.alloc(bavail * bsize));
        load.pass();
        return run.result;
      },
    ),

    drillFault(
      'the volume gets full when the key is proven',
      {
        leaves: failed,
        status: 1,
        impossible: noDisk,
        says: `== verdict: failed. …No space left on device…${tooSmall}`,
      },
      (trial) => trial.drill({}, { drill: 60 }),
    ),

    drillFault(
      'the storage is full when the evidence is written',
      {
        leaves: untold,
        status: 1,
        impossible: noDisk,
        says:
          'the evidence could not be written to /backups/shop/drills, see the message above. The verdict was: ' +
          'proven.',
      },
      async (trial) => {
        const disk = trial.useDisk((folder) => Disk.ofMemory(folder, 4, UID));
        const evidence = trial.holdAt('mkdir', '*/drills', 'after');
        const run = await trial.drillUntil(evidence);
        disk.fill();
        evidence.pass();
        return run.result;
      },
    ),

    drillFault(
      'the server of the database is down',
      { leaves: proven, status: 0, says: '== verdict: proven' },
      async (trial) => {
        await trial.server.halt();
        trial.afterwards(() => trial.server.restart());
        return trial.drill();
      },
    ),

    drillFault(
      'a backup would prune the dump that is drilled',
      { leaves: proven, status: 0, says: 'dump: shop-20250101-020000' },
      async (trial) => {
        const old = trial.addDump('20250101-020000');
        trial.settle();
        const load = trial.holdAt('pg_restore', '*--exit-on-error*');
        const run = await trial.drillUntil(load, { RESTORE_DUMP: old });
        const pruning = await trial.instance.prune(KEEP_ONE);
        expect(pruning.output).toContain(`left ${old}, although no rule of the retention keeps it: it is held`);
        load.pass();
        return run.result;
      },
    ),

    drillFault(
      'a backup prunes the dump once it is restored',
      { leaves: proven, status: 0, says: 'dump: shop-20250101-020000' },
      async (trial) => {
        const old = trial.addDump('20250101-020000');
        const looked = trial.holdAt('pg_ctl', 'stop*');
        const run = await trial.drillUntil(looked, { RESTORE_DUMP: old });
        expect((await trial.instance.prune(KEEP_ONE)).status).toBe(0);
        expect(trial.instance.dumps()).toEqual([trial.earlier]);
        trial.settle();
        looked.pass();
        const result = await run.result;
        expect(trial.instance.evidence()).toMatchObject({
          dump: old,
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
          compared: 'rows and contents',
        });
        return result;
      },
    ),

    drillFault('two drills at once', { leaves: proven, status: 0, says: '== verdict: proven' }, async (trial) => {
      const load = trial.holdAt('pg_restore', '*--exit-on-error*');
      const first = await trial.drillUntil(load);
      const second = trial.startDrill();
      await second.waitForOutput(/loading \d+ tables/);
      load.pass();
      expect(await first.result).toMatchObject({ status: 0 });
      const result = await second.result;
      expect(trial.evidence()).toHaveLength(2);
      return result;
    }),

    drillFault(
      'a backup writes its dump meanwhile',
      { leaves: proven, status: 0, says: 'dump: shop-20260101-020000' },
      async (trial) => {
        const dump = trial.holdDump();
        const backup = await trial.startUntil(dump);
        const result = await trial.drill();
        dump.pass();
        expect(await backup.result).toMatchObject({ status: 0 });
        const [, made] = trial.instance.dumps();
        expect(made).toBeDefined();
        for (const ending of ['dump', 'dump.sha256', 'json', 'globals.sql']) rmSync(trial.file(ending, made));
        rmSync(`${trial.folder}/.work`, { recursive: true });
        trial.settle();
        return result;
      },
    ),
  ],
};
