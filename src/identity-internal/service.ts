import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Delivery, type Exemption, RunbookService } from '..';

/** ZITADEL as its Helm chart deploys it. Init and setup are hooks of each install and upgrade. */
export const zitadel = RunbookService.deployment('zitadel', {
  title: 'ZITADEL',
  delivery: Delivery.flux({ name: 'identity-internal' }, { helmRelease: 'zitadel' }),
  setupJobs: ['zitadel-init', 'zitadel-setup'],
  // https://zitadel.com/docs/apis/observability/health
  readiness: { service: 'zitadel', port: 8080, path: '/debug/ready' },
  // With a wrong masterkey of 32 bytes ZITADEL starts and is ready: only a token tells.
  probe: {
    command: readFileSync(join(__dirname, 'probe.sh'), 'utf8'),
    answers: [
      { answer: '200', means: 'ZITADEL has decrypted the token and found its user: masterkey and database fit' },
      {
        answer: '401',
        means:
          'the masterkey is not that of the database, or the token is not in it, e.g. since it was made after ' +
          'the dump. ' +
          'Drill the dump: with `refuted` the masterkey is wrong, with `proven` the token',
      },
      {
        answer: '404',
        means: '`ExternalDomain` in `zitadel-config-yaml` is not a domain of this instance: restored from another one?',
      },
      {
        answer: '503, 000',
        means: 'after half a minute: ZITADEL does not serve; see its pods and their logs',
      },
    ],
  },
  afterRestore: [
    'Redirect URIs and all other settings are those of the dump: apply again what your automation configures.',
    'Tokens, keys and sessions from after the dump are unknown: people sign in again, programs need new tokens.',
    '`iam-admin` and `iam-admin-pat` must be those of the dump: a setup of an empty ZITADEL has made others.',
    'Chart 9 needs the former `login-client`, too, or the login pages get 401. Chart 10 has ' +
      '`zitadel-login-service-key` ' +
      'in its place, and Helm makes it anew when it is missing.',
  ],
  lostWithKey:
    'the data that only ZITADEL can read: signing keys, client secrets of identity providers, passwords of SMTP and ' +
    "SMS, and people's one-time password secrets. Users and the hashes of their passwords are not encrypted with it",
});

/** Names that the runbook needs and that are given elsewhere. */
export const clusterNames = {
  server: 'zitadel-db',
  delivery: Delivery.flux({ name: 'identity-internal-backup' }),
  declaredIn: 'src/identity-internal/chart.ts',
};

export const notBackedUp: Exemption[] = [
  {
    what: 'Redis with the sessions of oauth2-proxy',
    because: 'they are short-lived and hold nothing else: after a restore people sign in once more',
  },
];
