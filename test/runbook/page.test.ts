import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chart, Cron, Duration, Size, Testing } from 'cdk8s';
import {
  BackupCronJob,
  BackupPvc,
  Delivery,
  KustomizedApp,
  PostgresDatabase,
  PostgresImage,
  RestoreDrill,
  RestoreJob,
  RestoreJobProps,
  RestoreSessions,
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
import { danglingLinks, incidentsOf, sectionsOf } from '../support/runbook/runbook-page';

const SHOP = { name: 'shop', namespace: 'flux' };
const OPTIONS: RunbookServiceOptions = {
  title: 'the shop',
  readiness: { service: 'web', port: 80, path: '/ready' },
  delivery: Delivery.flux(SHOP),
};

interface Given {
  readonly chart?: Chart;
  readonly restore?: Partial<RestoreJobProps>;
  readonly service?: Partial<RunbookServiceOptions>;
  readonly runbook?: Partial<RunbookProps>;
  readonly tls?: Tls;
  readonly sameAsDump?: boolean;
}

const newChart = () => new Chart(Testing.app(), 'shop', { namespace: 'shop' });

function runbook({ chart = newChart(), ...given }: Given = {}): Runbook {
  return new Runbook(chart, 'runbook', propsFor(chart, given));
}

function propsFor(chart: Chart, given: Given = {}): RunbookProps {
  const secrets = new SecretExpectations(chart, 'secrets');
  if (given.sameAsDump) {
    secrets.expectKey('pepper', 'key', { bytes: 32, sameAsDump: true, because: 'it encrypts', gitFile: 'pepper.yaml' });
  }
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
    delivery: Delivery.flux({ name: 'shop-backup' }),
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
  expect(page).toContain('| Not: carts | people fill them \\| again |');
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
    /Kept outside of the cluster: the age key, at the safe \(seen on 2026-11-01[^]*\| `late` \| any \|[^]*get secret db late/,
  );
});

test('a fresh cluster needs the authority of the server, where it is in a ConfigMap', () => {
  const page = (tls?: Tls): string => runbook({ tls }).toMarkdown();
  expect(page(Tls.verifyFull(TlsAuthority.configMap('shop-ca', 'root.pem')))).toMatch(
    /Step 1: secrets[^#]*The ConfigMap `shop-ca` must have the authority of the server's certificate under the key `root\.pem`/,
  );
  expect(page(Tls.require())).toBe(page());
});

/** What the page has of each thing; without it, nothing of it is left, and every link leads somewhere. */
const ABSENCES: Record<string, [RegExp, Partial<Given>, Partial<RunbookProps>]> = {
  'a drill': [/drill/i, {}, { drill: undefined }],
  Flux: [/flux|kustomization/i, { service: { delivery: undefined } }, { delivery: undefined }],
  'a HelmRelease': [/helmrelease/i, {}, {}],
  'setup Jobs': [/setup|\bjob\/[a-z]/, {}, {}],
  'a StatefulSet of the server': [/statefulset/i, {}, { server: undefined }],
  'a Deployment': [
    /deployment|replicas/i,
    {},
    { service: RunbookService.elsewhere({ title: 'the shop', delivery: OPTIONS.delivery }) },
  ],
  readiness: [/--raw|\/ready/, { service: { readiness: undefined } }, {}],
  'a probe': [/not only up|Answer/, {}, {}],
  'a key that dumps depend on': [/lost or wrong|re-encryption/, {}, {}],
  'a wait for sessions': [/cutover/, { restore: { sessions: RestoreSessions.DISCONNECT } }, {}],
  'a file to change': [/chart\.ts/, {}, { declaredIn: undefined }],
  'what is not backed up': [/carts/, {}, { notBackedUp: undefined }],
};

/** With all that a page can have. */
const COMPLETE: Given = {
  sameAsDump: true,
  service: {
    delivery: Delivery.flux({ name: 'shop' }, { helmRelease: 'web' }),
    setupJobs: ['migrate'],
    probe: { command: 'curl https://shop.example', answers: [{ answer: '200', means: 'it works' }] },
    afterRestore: ['Look at the carts.'],
    lostWithKey: 'all orders',
  },
};

test('the page of a service with everything has all of it', () => {
  const page = runbook(COMPLETE).toMarkdown();
  for (const [what] of Object.values(ABSENCES)) expect(page).toMatch(what);
  expect(page).toMatch(/```sh\ncurl https:\/\/shop.example\n```\n[^]*\| `200` \| it works \|/);
  expect(page).toMatch(/\n- Look at the carts\.\n[^]*|Lost for good is all orders\./);
  expect(page).toContain('Lost for good is all orders.');
  expect(danglingLinks(page)).toEqual([]);
  expect(incidentsOf(page)).toHaveLength(15);
});

test.each(Object.entries(ABSENCES))(
  'without %s there is no word of it, and no way to it',
  (_, [what, given, props]) => {
    const page = runbook({ ...given, runbook: props }).toMarkdown();
    expect(page).not.toMatch(what);
    expect(danglingLinks(page)).toEqual([]);
  },
);

test('the required core alone is a page whose commands are whole', () => {
  const chart = newChart();
  const { backup, restore, secrets } = propsFor(chart);
  const page = new Runbook(chart, 'runbook', { backup, restore, secrets }).toMarkdown();
  expect(page).toMatch(/^# Runbook: shop in shop\n/);
  expect(page).not.toMatch(/undefined|flux|drill|deployment|statefulset/i);
  expect(danglingLinks(page)).toEqual([]);
  expect(page).toContain('kubectl apply -k .');
  for (const { blocks } of sectionsOf(page)) {
    for (const block of blocks) expect(spawnSync('sh', ['-n'], { input: block, encoding: 'utf8' }).stderr).toBe('');
  }
});

test('Argo CD is suspended by its policy, which comes back as it was', () => {
  const page = runbook({ service: { delivery: Delivery.argoCd('shop') } }).toMarkdown();
  const suspend = /^automated_shop=[^]*?(?=^replicas)/m.exec(page)![0];
  const resume = /^kubectl .* patch application.argoproj.io\/shop .*:-null.*$/m.exec(page)![0];
  const kubectl = 'kubectl() { case "$*" in *" get "*) printf %s "$policy" ;; *) printf "%s\\n" "$7" ;; esac; }';
  const typed = (policy: string): string =>
    spawnSync('sh', ['-euc', `policy=$1\n${kubectl}\n${suspend}\n${resume}`, 'sh', policy], { encoding: 'utf8' })
      .stdout;
  const automated = (policy: string): string => `{"spec":{"syncPolicy":{"automated":${policy}}}}\n`;
  // Printed too, for a shell that is lost.
  expect(typed('{"prune":true}')).toBe(`{"prune":true}\n${automated('null')}${automated('{"prune":true}')}`);
  expect(typed('')).toBe(`\n${automated('null')}${automated('null')}`);
});

test('in a namespace with several backups each command names its own', () => {
  const chart = newChart();
  const page = runbook({ chart });
  expect(page.toMarkdown()).not.toContain('--backup ');
  const { database, storage } = propsFor(new Chart(Testing.app(), 'other', { namespace: 'shop' })).backup;
  new BackupCronJob(chart, 'second', {
    name: 'carts-backup',
    folder: 'carts',
    database,
    storage,
    schedule: Cron.daily(),
    retention: Retention.keep({ last: 3 }),
  });
  const commands = page.toMarkdown().match(/kubectl pgbackup .*/g)!;
  expect(commands.filter((command) => !command.startsWith('kubectl pgbackup -n shop --backup shop-backup '))).toEqual(
    [],
  );
});

test('a restore that scales the service itself is not told to a person, unless the service must be still at once', () => {
  const page = runbook({ restore: { quiesce: { deployment: 'web' } } }).toMarkdown();
  const [, restore, stopFirst, undo] = page.split(/^## /m);
  expect([restore, stopFirst, undo].map((section) => section!.match(/--replicas=/g)?.length)).toEqual([
    undefined,
    2,
    undefined,
  ]);
  expect(restore).toContain('The Job scales the shop to 0 for the exchange, and back.');
  expect(restore).not.toContain('--disconnect');
});

test('it tells what it names and does not make', () => {
  expect(
    runbook({ service: { delivery: Delivery.flux(SHOP, { helmRelease: 'web' }), setupJobs: ['migrate'] } })
      ._externalObjects,
  ).toEqual([
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
    'runbookService.setupJobs (["migrate"]) are hooks of a Helm chart, and its delivery runs none again',
    () => runbook({ service: { setupJobs: ['migrate'] } }),
  ],
  ['delivery.helmRelease ("Web") is not a DNS-1123 name', () => Delivery.flux(SHOP, { helmRelease: 'Web' })],
  ['delivery.application ("") is not a DNS-1123 name', () => Delivery.argoCd('')],
  [
    'runbookService ("the shop") runs elsewhere, and has no command that stops it',
    () => RunbookService.elsewhere({ title: 'the shop' }).stopCommand(newChart()),
  ],
  ['runbookService.probe.command (" ") is empty', () => runbook({ service: { probe: { command: ' ' } } })],
  [
    'runbookService.probe.answers.means ("") is empty or has a line break',
    () => runbook({ service: { probe: { command: 'true', answers: [{ answer: '200', means: '' }] } } }),
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
