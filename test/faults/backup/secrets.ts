import { fault, type Fault, type FaultGroup } from '../../support/faults/fault';
import { newDump } from '../../support/faults/fault-leaves';

/** A backup in a cluster whose masterkey is not what a restore needs. */
const withKey = (what: string, masterkey: string | undefined, says: string): Fault =>
  fault(
    what,
    {
      leaves: newDump,
      status: 3,
      says: `….dump exists, but a restore of it would fail:…secret app, key masterkey ${says}`,
    },
    (trial) => {
      const { app } = trial.instance.secrets;
      trial.instance.secrets.app = masterkey === undefined ? {} : { masterkey };
      trial.afterwards(() => {
        trial.instance.secrets.app = app!;
      });
      return trial.backup();
    },
  );

export const secrets: FaultGroup = {
  title: 'Backup: the secrets',
  faults: [
    withKey('the masterkey is missing', undefined, 'is missing. It is needed: nothing can be decrypted without it.'),
    withKey(
      'the masterkey is cut',
      'MasterkeyNeedsToHave32Character',
      'has 31 bytes instead of 32. Write its value again.',
    ),
    withKey(
      'the masterkey ends with a line break',
      'MasterkeyNeedsToHave32Characters\n',
      'has 33 bytes instead of 32: it ends with a line break.',
    ),
  ],
};
