import type { Env } from '../../support/pods/instance';
import { restoreFault, type RestoreFault, type RestoreFaultGroup } from '../../support/faults/restore-fault';
import { asItWas, restored } from '../../support/faults/restore-leaves';

const other = 'AnotherKeyThatHas32Characters!!!';
const differs =
  'secret app, key masterkey has another value than when … was taken: nothing can be decrypted without it. "shop" is ' +
  "untouched. Put the former value back, or choose a dump that fits today's value: RESTORE_ACTION=list shows them.";

/** A restore in a cluster whose masterkey is not what it should be, until it is put right. */
const withKey = (
  what: string,
  masterkey: string | undefined,
  says: string,
  leaves = asItWas,
  env: Env = {},
): RestoreFault =>
  restoreFault(what, { leaves, status: leaves === asItWas ? 1 : 0, says }, (trial) => {
    const { app } = trial.instance.secrets;
    trial.instance.secrets.app = masterkey === undefined ? {} : { masterkey };
    trial.afterwards(() => {
      trial.instance.secrets.app = app!;
    });
    return trial.restore(env);
  });

const wrong = 'the secrets are wrong:…secret app, key masterkey';

export const secrets: RestoreFaultGroup = {
  title: 'Restore: the secrets',
  faults: [
    withKey(
      'the masterkey is another one than when the dump was taken',
      other,
      `${differs} To restore all the same, set RESTORE_IGNORE=secrets.`,
    ),
    withKey(
      'the same, and the operator knows better',
      other,
      `${differs}…RESTORE_IGNORE=secrets is set: going on.`,
      restored,
      { RESTORE_IGNORE: 'secrets' },
    ),
    withKey(
      'the masterkey is missing',
      undefined,
      `${wrong} is missing. It is needed: nothing can be decrypted without it. Create it, e.g. by reconciling ` +
        'the Flux Kustomization that holds it.',
    ),
    withKey('the masterkey is empty', '', `${wrong} is empty. Write its value again.`),
    withKey(
      'the masterkey ends with a line break',
      'MasterkeyNeedsToHave32Characters\n',
      `${wrong} has 33 bytes instead of 32: it ends with a line break.`,
    ),
    withKey(
      'the masterkey is in base64 once too often',
      Buffer.from(other).toString('base64'),
      `${wrong} has 44 bytes instead of 32: it is in base64 once too often.`,
    ),
    withKey(
      'what to go on despite of is misspelt',
      other,
      'RESTORE_IGNORE (secret) must be some of secrets, space, rights, proof, replication, with spaces between.',
      asItWas,
      { RESTORE_IGNORE: 'secret' },
    ),
  ],
};
