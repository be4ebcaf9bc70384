import {
  asItWas,
  copied,
  offsiteFault,
  type OffsiteFaultGroup,
  plain,
  unproven,
} from '../../support/faults/offsite-trial';
import { COPIER } from '../../support/offsite/shop';

/** What has crypt write what it got, under the names that it gives. */
const NOT_ENCRYPTED = 'RCLONE_CONFIG_COPIES_NO_DATA_ENCRYPTION=true';

export const objects: OffsiteFaultGroup = {
  title: 'Copy off site: what is in the bucket',
  faults: [
    offsiteFault(
      'the dump was changed before it was proven',
      {
        leaves: asItWas,
        status: 1,
        says:
          'what the bucket gives for shop-20260101-020000 is not what was sent: shop-20260101-020000.dump. ' +
          'Nothing is overwritten.',
      },
      async (trial) => {
        await trial.copyFirst();
        trial.removeEvidence();
        await trial.change(trial.objectOf('dump'));
        await trial.remember();
        return trial.copy();
      },
    ),
    offsiteFault(
      'the bucket gives other bytes of the dump than it got',
      {
        leaves: unproven,
        status: 1,
        says: 'what the bucket gives for shop-20260101-020000 is not what was sent: shop-20260101-020000.dump.',
        next: 'is off site, in … read back and compared',
      },
      (trial) => {
        trial.proxy.meets(({ method, path }) =>
          method === 'GET' && path.includes('.dump.bin') ? { changeAt: 10_000 } : undefined,
        );
        trial.afterwards(() => trial.proxy.meets());
        return trial.copy();
      },
    ),
    offsiteFault(
      'the manifest was changed before it was proven',
      { leaves: asItWas, status: 1, says: 'shop-20260101-020000.json', isTwin: true },
      async (trial) => {
        await trial.copyFirst();
        trial.removeEvidence();
        await trial.change(trial.objectOf('json'));
        await trial.remember();
        return trial.copy();
      },
    ),
    offsiteFault(
      'a leaked key has written over the dump',
      {
        leaves: asItWas,
        status: 1,
        says: '….dump.bin has 5000 bytes and not …: it is not what was copied. Nothing is overwritten.',
      },
      async (trial) => {
        await trial.copyFirst();
        await trial.write(trial.objectOf('dump'), Buffer.alloc(5000), COPIER);
        await trial.remember();
        return trial.copy();
      },
    ),
    offsiteFault(
      'the evidence is lost',
      { leaves: copied, status: 0, says: 'is off site, in … read back and compared', isTwin: true },
      async (trial) => {
        await trial.copyFirst();
        trial.removeEvidence();
        return trial.copy();
      },
    ),
    offsiteFault(
      'a changed script writes without encryption, which is configured',
      {
        leaves: plain,
        status: 1,
        says: '….bin is not encrypted, and encryption is on. Remove it with a key that may.',
      },
      (trial) => {
        trial.fork('offsite.sh', (text) => text.replace(/^use_crypt\(\) \{\n/m, `$&  export ${NOT_ENCRYPTED}\n`));
        return trial.copy();
      },
    ),
    offsiteFault(
      'a dump that is not encrypted is in the bucket',
      {
        leaves: asItWas,
        status: 1,
        says: '.dump is not encrypted, and encryption is on. Remove it, or use another prefix.',
      },
      async (trial) => {
        await trial.write(trial.objectOf('dump').replace(/\.bin$/, ''), Buffer.from('PGDMP'));
        await trial.remember();
        return trial.copy();
      },
    ),
    offsiteFault(
      'the password is another one than that of the copies',
      {
        leaves: asItWas,
        status: 1,
        says:
          'The password or the salt is not the one that the copies were encrypted with: secret shop-offsite, key ' +
          'password, and secret shop-offsite, key salt. Put the former value back.',
      },
      async (trial) => {
        await trial.copyFirst();
        trial.addDump('20260102-020000');
        trial.settle();
        trial.useSecret({ password: 'another password, of 32 bytes too' });
        return trial.copy();
      },
    ),
  ],
};
