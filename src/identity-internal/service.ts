import { type Exemption, RunbookService } from '..';

/** ZITADEL as its Helm chart makes it; init and setup are hooks of each install and upgrade. */
export const zitadel = RunbookService.deployment('zitadel', {
  title: 'ZITADEL',
  helmRelease: 'zitadel',
  setupJobs: ['zitadel-init', 'zitadel-setup'],
  kustomization: { name: 'identity-internal' },
  // https://zitadel.com/docs/apis/observability/health
  readiness: { service: 'zitadel', port: 8080, path: '/debug/ready' },
});

/** Names that the runbook needs and others have given. */
export const clusterNames = {
  server: 'zitadel-db',
  kustomization: { name: 'identity-internal-backup' },
  declaredIn: 'src/identity-internal/chart.ts',
};

export const notBackedUp: Exemption[] = [
  {
    what: 'Redis with the sessions of oauth2-proxy',
    because: 'they are short-lived and hold nothing else: after a restore people sign in once more',
  },
];
