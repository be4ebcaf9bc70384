import { Random } from '../../support/retention/retention-cases';
import { ADMIN } from '../../support/offsite/object-store';
import { COPIER } from '../../support/offsite/shop';
import {
  companions,
  copied,
  nothing,
  offsiteFault,
  type OffsiteFault,
  type OffsiteFaultGroup,
  POOR_KEYS,
  unproven,
} from '../../support/faults/offsite-trial';

/** A refusal in the words of S3, which the server of the tests does not have by itself. */
const refused = (name: string, status: number, code: string, says: string, isTwin = false): OffsiteFault =>
  offsiteFault(name, { leaves: nothing, status: 1, says: `cannot write …: …${code}…${says}`, isTwin }, (trial) => {
    trial.refuse('PUT', status, code);
    return trial.copy();
  });

const brokenAfter = (
  name: string,
  bytes: (time: number) => number,
  more: { times?: number; isTwin?: boolean },
): OffsiteFault =>
  offsiteFault(
    name,
    { leaves: copied, status: 0, says: 'is off site, in … read back and compared', ...more },
    (trial, time) => {
      const seen = new Set<string>();
      const breakAfter = bytes(time);
      trial.proxy.meets(({ method, path }) => {
        const request = `${method} ${path}`;
        return seen.has(request) || !seen.add(request) ? undefined : { breakAfter };
      });
      trial.afterwards(() => trial.proxy.meets());
      return trial.copy();
    },
  );

export const bucket: OffsiteFaultGroup = {
  title: 'Copy off site: the bucket and its key',
  faults: [
    offsiteFault(
      'the bucket does not exist',
      { leaves: nothing, status: 1, says: 'cannot list nowhere/shop at …The bucket does not exist. Make it' },
      (trial) => {
        // To a key without rights, each bucket is a forbidden one.
        trial.useKey(ADMIN);
        return trial.copy({ OFFSITE_PATH: 'nowhere/shop' });
      },
    ),
    offsiteFault(
      'the secret part of the key is wrong',
      { leaves: nothing, status: 1, says: 'cannot list …The secret part of the key is wrong.' },
      (trial) => {
        trial.useSecret({ secretKey: 'not-the-secret' });
        return trial.copy();
      },
    ),
    offsiteFault(
      'the key does not exist any more',
      { leaves: nothing, status: 1, says: 'cannot list …The key does not exist, or not any more.', isTwin: true },
      (trial) => {
        trial.useSecret({ accessKey: 'UNKNOWNKEY' });
        return trial.copy();
      },
    ),
    offsiteFault(
      'the secret of the key is missing',
      {
        leaves: nothing,
        status: 1,
        says:
          'the key of the bucket is missing: secret shop-offsite, key accessKey, and secret shop-offsite, key ' +
          'secretKey. Create it.',
      },
      (trial) => {
        delete trial.instance.secrets['shop-offsite'];
        trial.afterwards(() => trial.useKey(COPIER));
        return trial.copy();
      },
    ),
    offsiteFault(
      'the key cannot list',
      {
        leaves: nothing,
        status: 1,
        says: 'cannot list …The key may not do that: it needs the rights that docs/offsite-bucket.md lists.',
      },
      (trial) => {
        trial.useKey(POOR_KEYS.list.key);
        return trial.copy();
      },
    ),
    offsiteFault(
      'the key cannot write',
      { leaves: nothing, status: 1, says: 'cannot write …The key may not do that', isTwin: true },
      (trial) => {
        trial.useKey(POOR_KEYS.write.key);
        return trial.copy();
      },
    ),
    offsiteFault(
      'the key cannot read',
      { leaves: unproven, status: 1, says: 'cannot read …The key may not do that', next: 'is off site' },
      (trial) => {
        trial.useKey(POOR_KEYS.read.key);
        return trial.copy();
      },
    ),
    offsiteFault(
      'the key can do everything',
      { leaves: copied, status: 0, says: 'is locked until … (COMPLIANCE)', isTwin: true },
      (trial) => {
        trial.useKey(ADMIN);
        return trial.copy();
      },
    ),
    refused(
      'the bucket is full',
      507,
      'InsufficientStorage',
      'The bucket is full. Raise its quota, or shorten its retention.',
    ),
    refused('the key has expired', 400, 'ExpiredToken', 'The key has expired. Make a new key'),
    refused("the node's clock is wrong", 403, 'RequestTimeTooSkewed', 'The clock of this node is wrong. Set it.'),
    refused('the region is another one', 400, 'AuthorizationHeaderMalformed', 'The region is another one.'),
    refused('the bucket fails within', 500, 'InternalError', 'Run this again.', true),
    refused('the bucket is overloaded', 503, 'SlowDown', 'Run this again.', true),
    offsiteFault(
      'the bucket is full when the dump comes',
      {
        leaves: companions,
        status: 1,
        says: 'cannot write ….dump.bin …The bucket is full.',
        next: 'is off site',
        isTwin: true,
      },
      (trial) => {
        trial.proxy.meets(({ method, path }) =>
          method === 'PUT' && path.includes('.dump.bin') ? { status: 507, code: 'InsufficientStorage' } : undefined,
        );
        trial.afterwards(() => trial.proxy.meets());
        return trial.copy();
      },
    ),
    brokenAfter('each connection breaks once, after some bytes', (time) => new Random(`cut ${time}`).int(0, 400_000), {
      times: 10,
    }),
    brokenAfter('each connection breaks once, after its head', () => 0, { isTwin: true }),
    offsiteFault(
      'each connection breaks',
      { leaves: nothing, status: 1, says: 'cannot list …', isTwin: true },
      (trial) => {
        trial.proxy.meets(() => ({ breakAfter: 0 }));
        trial.afterwards(() => trial.proxy.meets());
        return trial.copy();
      },
    ),
  ],
};
