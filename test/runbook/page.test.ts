import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chart, Cron, Duration, Size, Testing } from 'cdk8s';
import {
  BackupCronJob,
  BackupPvc,
  KustomizedApp,
  PostgresDatabase,
  PostgresImage,
  RestoreDrill,
  RestoreJob,
  RestoreJobProps,
  RestoreTrigger,
  Retention,
  Runbook,
  RunbookProps,
  RunbookService,
  RunbookServiceOptions,
  SecretExpectations,
  Tls,
  TlsAuthority,
} from '../../src';

const OPTIONS: RunbookServiceOptions = {
  title: 'the shop',
  readiness: { service: 'web', port: 80, path: '/ready' },
  kustomization: { name: 'shop', namespace: 'flux' },
};

interface Given {
  readonly chart?: Chart;
  readonly restore?: Partial<RestoreJobProps>;
  readonly service?: Partial<RunbookServiceOptions>;
  readonly runbook?: Partial<RunbookProps>;
  readonly tls?: Tls;
}

const newChart = () => new Chart(Testing.app(), 'shop', { namespace: 'shop' });

function runbook({ chart = newChart(), ...given }: Given = {}): Runbook {
  return new Runbook(chart, 'runbook', propsFor(chart, given));
}

function propsFor(chart: Chart, given: Given = {}): RunbookProps {
  const secrets = new SecretExpectations(chart, 'secrets');
  const backup = new BackupCronJob(chart, 'backup', {
    name: 'shop-backup',
    database: PostgresDatabase.at('db', {
      name: 'shop',
      user: "o'hara",
      password: secrets.expectKey('db', 'password', { because: 'it logs in' }),
      image: PostgresImage.debian('17.2'),
      tls: given.tls,
    }),
    storage: new BackupPvc(chart, 'storage', { name: 'shop-nas', storageClassName: 'nfs', size: Size.gibibytes(5) }),
    schedule: Cron.daily(),
    retention: Retention.keep({ last: 3, monthly: 2 }),
    excludeTableData: [{ schema: 'public', table: 'cache' }],
  });
  const restore = new RestoreJob(chart, 'restore', { name: 'shop-restore', backup, ...given.restore });
  const drill = new RestoreDrill(chart, 'drill', { name: 'shop-drill', backup });
  return {
    backup,
    restore,
    drill,
    secrets,
    service: RunbookService.deployment('web', { ...OPTIONS, ...given.service }),
    server: 'db',
    kustomization: { name: 'shop-backup' },
    declaredIn: 'src/chart.ts',
    notBackedUp: [{ what: 'carts', because: 'people fill them | again' }],
    ...given.runbook,
  };
}

test('facts come from the constructs', () => {
  const page = runbook().toMarkdown();
  expect(page).toMatch(/^# Runbook: the shop in shop\n/);
  expect(page).toContain('| Kept | the newest 3 dumps and 2 monthly ones |');
  expect(page).toContain('without the rows of `public.cache`');
  expect(page).toContain('| carts | people fill them \\| again |');
  expect(page).toContain('| `db` | `password` |  | it logs in | a copy |');
  expect(page).toContain("kubectl -n shop exec -it statefulset/db -- psql -U 'o'\\''hara' -c '\\password o'\\''hara'");
  expect(page).toContain('kubectl get --raw /api/v1/namespaces/shop/services/web:80/proxy/ready');
  expect(runbook({ runbook: { title: 'Help' } }).toMarkdown()).toMatch(/^# Help\n/);
});

test('secrets that are expected later are on it', () => {
  const chart = newChart();
  const page = runbook({ chart });
  const secrets = chart.node.findChild('secrets') as SecretExpectations;
  secrets.expectSecret('late', { because: 'somebody thought of it' });
  secrets.expectEscrow({
    what: 'the age key',
    where: 'the safe',
    attestedOn: '2026-11-01',
    validFor: Duration.days(100),
  });
  expect(page.toMarkdown()).toMatch(
    /\| `late` \| any \|[^]*Kept outside of the cluster: the age key, at the safe \(seen on 2026-11-01[^]*get secret db late/,
  );
});

test('a fresh cluster needs the authority of the server, where it is in a ConfigMap', () => {
  const page = (tls?: Tls): string => runbook({ tls }).toMarkdown();
  expect(page(Tls.verifyFull(TlsAuthority.configMap('shop-ca', 'root.pem')))).toMatch(
    /### 6\.1[^#]*The ConfigMap `shop-ca` must have the authority of the server's certificate under the key `root\.pem`/,
  );
  expect(page(Tls.require())).toBe(page());
});

test('without a HelmRelease there is none to suspend, and no setup', () => {
  const page = runbook().toMarkdown();
  expect(page).toContain('flux suspend kustomization shop -n flux\nreplicas=');
  expect(page).not.toMatch(/helmrelease|HelmRelease|setup/);
});

test('a restore that scales the service itself is not told to a person, unless the service must be still at once', () => {
  const page = runbook({ restore: { quiesce: { deployment: 'web' } } }).toMarkdown();
  const [, , served, atOnce, back] = page.split(/^### 5\.[1-5]/m);
  expect([served, atOnce, back].map((section) => section!.match(/--replicas=/g)?.length)).toEqual([
    undefined,
    2,
    undefined,
  ]);
  expect(page).toContain('The Job scales `deployment/web` to 0 and back by itself.');
});

test('it tells what it names and does not make', () => {
  expect(runbook({ service: { helmRelease: 'web', setupJobs: ['migrate'] } })._externalObjects).toEqual([
    { kind: 'Deployment', name: 'web', namespace: 'shop' },
    { kind: 'Service', name: 'web', namespace: 'shop' },
    { kind: 'Kustomization', name: 'shop', namespace: 'flux' },
    { kind: 'HelmRelease', name: 'web', namespace: 'shop' },
    { kind: 'Job', name: 'migrate', namespace: 'shop' },
    { kind: 'StatefulSet', name: 'db', namespace: 'shop' },
    { kind: 'Kustomization', name: 'shop-backup', namespace: 'flux-system' },
  ]);
});

test.each<[string, () => unknown]>([
  [
    'runbook.restore ("shop-restore-1") is started by a merge',
    () =>
      runbook({
        restore: {
          trigger: RestoreTrigger.onMerge({ dump: 'shop-20261123-020000', sha256: 'a'.repeat(64), requestId: '1' }),
        },
      }),
  ],
  [
    'runbook ("shop/runbook") is in a chart without a namespace',
    () => runbook({ chart: new Chart(Testing.app(), 'shop') }),
  ],
  ['runbook.server ("DB") is not a DNS-1123 name', () => runbook({ runbook: { server: 'DB' } })],
  [
    'runbookService.setupJobs (["migrate"]) are hooks of a HelmRelease, and there is none',
    () => runbook({ service: { setupJobs: ['migrate'] } }),
  ],
  [
    'runbookService.readiness.path ("ready") is not a plain path',
    () => runbook({ service: { readiness: { service: 'web', port: 80, path: 'ready' } } }),
  ],
  [
    'runbook.notBackedUp.because (" ") is empty or has a line break',
    () => runbook({ runbook: { notBackedUp: [{ what: 'carts', because: ' ' }] } }),
  ],
  [
    'runbook.notBackedUp.what ("two\\nlines") is empty or has a line break',
    () => runbook({ runbook: { notBackedUp: [{ what: 'two\nlines', because: 'it does no harm' }] } }),
  ],
])('refuses: %s', (message, make) => {
  expect(make).toThrow(message);
});

describe('KustomizedApp', () => {
  let outdir: string;
  beforeEach(() => {
    outdir = mkdtempSync(join(tmpdir(), 'runbook-'));
  });
  afterEach(() => rmSync(outdir, { recursive: true }));

  test('writes it beside the manifests, where Flux does not see it', () => {
    const app = new KustomizedApp({ outdir });
    const page = runbook({ chart: new Chart(app, 'shop', { namespace: 'shop' }) });
    app.synth();
    expect(readFileSync(join(outdir, 'shop/RUNBOOK.md'), 'utf8')).toBe(page.toMarkdown());
    expect(readFileSync(join(outdir, 'shop/kustomization.yaml'), 'utf8')).not.toContain('RUNBOOK');
    const plugin = join(outdir, 'shop/kubectl-pgbackup');
    expect(readFileSync(plugin, 'utf8')).toBe(
      readFileSync(join(__dirname, '../../src/kubectl-plugin/kubectl-pgbackup'), 'utf8'),
    );
    expect(statSync(plugin).mode & 0o777).toBe(0o755);
    expect(readFileSync(join(outdir, 'shop/kustomization.yaml'), 'utf8')).not.toContain('pgbackup');
    expect(readdirSync(outdir)).toEqual(['shop']);
  });

  test('refuses two of them in one chart', () => {
    const app = new KustomizedApp({ outdir });
    const chart = new Chart(app, 'shop', { namespace: 'shop' });
    const props = propsFor(chart);
    ['first', 'second'].forEach((id) => new Runbook(chart, id, props));
    expect(() => app.synth()).toThrow('chart ("shop") has two runbooks for the file RUNBOOK.md');
  });
});
