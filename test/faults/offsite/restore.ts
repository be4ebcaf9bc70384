import { asItWas, offsiteFault, type OffsiteFaultGroup } from '../../support/faults/offsite-trial';
import { eventually } from '../../support/machine/eventually';
import { COPIER } from '../../support/offsite/shop';

const unopened = 'is not the one that the copies were encrypted with: secret shop-offsite, key password, and';

export const restore: OffsiteFaultGroup = {
  title: 'Restore and drill of a copy',
  faults: [
    offsiteFault(
      'a restore has another password',
      {
        leaves: asItWas,
        status: 1,
        says: `${unopened}…no copy was fetched from the bucket, see the message above. No database was touched.`,
      },
      async (trial) => {
        await trial.copyFirst();
        trial.useSecret({ password: 'another password, of 32 bytes too' });
        return trial.rehearse();
      },
    ),
    offsiteFault(
      'a list is asked for with another password',
      { leaves: asItWas, status: 1, says: unopened, isTwin: true },
      async (trial) => {
        await trial.copyFirst();
        trial.useSecret({ password: 'another password, of 32 bytes too' });
        return trial.rehearse({ RESTORE_ACTION: 'list' });
      },
    ),
    offsiteFault(
      'a drill has another password',
      { leaves: asItWas, status: 1, says: `${unopened}…== verdict: failed.`, isTwin: true },
      async (trial) => {
        await trial.copyFirst();
        trial.useSecret({ salt: 'another salt, of 32 bytes, or more' });
        return trial.drill();
      },
    ),
    offsiteFault(
      'the newest copy does not open, and an older one does',
      {
        leaves: asItWas,
        status: 1,
        says:
          'shop-20260102-020000 is newer than shop-20260101-020000, and does not open. …To restore ' +
          'shop-20260101-020000 all the same, set RESTORE_DUMP to it.',
      },
      async (trial) => {
        trial.addDump('20260102-020000');
        await trial.copyFirst();
        await trial.change(trial.objectOf('json', 'shop-20260102-020000'));
        await trial.remember();
        return trial.drill();
      },
    ),
    offsiteFault(
      'the newest copy does not open, and an older one is named',
      { leaves: asItWas, status: 0, says: 'shop-20260102-020000.json.bin does not open…rehearsed', isTwin: true },
      async (trial) => {
        trial.addDump('20260102-020000');
        await trial.copyFirst();
        await trial.change(trial.objectOf('json', 'shop-20260102-020000'));
        await trial.remember();
        return trial.rehearse({ RESTORE_DUMP: 'shop-20260101-020000' });
      },
    ),
    offsiteFault(
      'the dump was changed after it was proven',
      {
        leaves: asItWas,
        status: 1,
        says:
          'shop-20260101-020000.dump in the bucket does not decrypt to its end, though its manifest does: it is ' +
          'damaged.',
      },
      async (trial) => {
        await trial.copyFirst();
        await trial.change(trial.objectOf('dump'));
        await trial.remember();
        return trial.drill();
      },
    ),
    offsiteFault(
      'a leaked key has written over the dump, and the bucket is seen as it was before',
      { leaves: asItWas, status: 0, says: 'fetched shop-20260101-020000.dump' },
      async (trial) => {
        await trial.copyFirst();
        const before = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
        // Versions of the same second cannot be told apart.
        await eventually('the next second', () => new Date().toISOString() > before.replace('Z', '.999Z'));
        await trial.write(trial.objectOf('dump'), Buffer.alloc(5000), COPIER);
        await trial.remember();
        return trial.rehearse({ OFFSITE_AT: before });
      },
    ),
    offsiteFault(
      'the key cannot list',
      { leaves: asItWas, status: 1, says: 'cannot list …no copy was fetched from the bucket', isTwin: true },
      async (trial) => {
        await trial.copyFirst();
        trial.useSecret({ secretKey: 'not-the-secret' });
        return trial.rehearse();
      },
    ),
  ],
};
