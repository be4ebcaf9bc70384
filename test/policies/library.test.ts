import { Chart, Cron, Duration, Size, Testing } from 'cdk8s';
import { PersistentVolumeAccessMode } from 'cdk8s-plus-28';
import {
  BackupCronJob,
  BackupFormat,
  BackupPvc,
  DrillPick,
  OffsiteCopy,
  OffsiteEncryption,
  OffsiteTarget,
  PostgresDatabase,
  PostgresImage,
  RestoreDrill,
  RestoreJob,
  RestoreTrigger,
  Retention,
  SecretExpectations,
  Tls,
} from '../../src';
import { manifestsOf } from '../../src/manifests/manifest';
import { check } from '../../src/policies/all';

/** The findings in what an app synthesizes, as `level policy name`. */
function findings(build: (chart: Chart) => void): string[] {
  const chart = new Chart(Testing.app(), 'shop', { namespace: 'shop' });
  build(chart);
  const manifests = (Testing.synth(chart) as object[]).flatMap((object) => manifestsOf('shop.yaml', object));
  return check(manifests).map(({ level, policy, resource }) => `${level} ${policy} ${resource.name}`);
}

interface Choice {
  readonly image?: PostgresImage;
  readonly schedule?: Cron;
  readonly timeZone?: string;
  readonly accessModes?: PersistentVolumeAccessMode[];
  readonly storageClassName?: string;
  readonly resizableFromGit?: boolean;
  readonly host?: string;
  readonly tls?: Tls;
  readonly copied?: boolean;
}

function everything(chart: Chart, given: Choice = {}): void {
  const choice = { tls: Tls.require(), ...given };
  const secrets = new SecretExpectations(chart, 'secrets');
  const key = (name: string): ReturnType<typeof secrets.expectKey> =>
    secrets.expectKey('shop-db', name, { because: 'it is used' });
  const database = PostgresDatabase.at(choice.host ?? 'shop-db', {
    name: 'shop $${x}',
    user: 'postgres',
    password: key('password'),
    image: choice.image ?? PostgresImage.debian('17.2'),
    tls: choice.tls,
  });
  const storage = new BackupPvc(chart, 'storage', {
    name: 'shop-backup',
    storageClassName: 'ceph-block',
    size: Size.gibibytes(5),
    ...choice,
  });
  const backup = new BackupCronJob(chart, 'backup', {
    name: 'shop-db-backup',
    database,
    storage,
    retention: Retention.keep({ daily: 8, yearly: 2 }),
    format: BackupFormat.directory({ parallelJobs: 2 }),
    schedule: choice.schedule ?? Cron.schedule({ minute: '*/15' }),
    recoveryWindow: Duration.days(7),
    timeZone: choice.timeZone,
    heartbeat: { success: key('success'), failure: key('failure') },
  });
  const quiesce = { deployment: 'shop' };
  new RestoreJob(chart, 'restore', { name: 'shop-db-restore', backup, quiesce });
  const trigger = RestoreTrigger.onMerge({ dump: 'shop-20261123-020000', sha256: 'a'.repeat(64), requestId: '7' });
  new RestoreJob(chart, 'merged', { name: 'shop-db-merged', backup, trigger, quiesce });
  new RestoreDrill(chart, 'drill', { name: 'shop-db-drill', backup, pick: DrillPick.ROTATE });
  if (choice.copied === false) return;
  const offsite = OffsiteTarget.s3({
    endpoint: 'https://s3.example.com',
    region: 'eu-central-1',
    bucket: 'dumps',
    accessKey: key('accessKey'),
    secretKey: key('secretKey'),
    encryption: OffsiteEncryption.crypt(key('cryptPassword'), key('salt')),
  });
  const after = Cron.schedule({ minute: '30', hour: '5' });
  new OffsiteCopy(chart, 'copy', { name: 'shop-db-copy', backup, target: offsite, schedule: after });
  new RestoreJob(chart, 'restore-copy', { name: 'shop-db-restore-copy', backup, offsite });
  new RestoreDrill(chart, 'drill-copy', { name: 'shop-db-drill-copy', backup, offsite });
}

test('what the library makes breaks no policy, whatever is chosen', () => {
  expect(findings(everything)).toEqual([]);
  expect(findings((chart) => everything(chart, { accessModes: [PersistentVolumeAccessMode.READ_WRITE_ONCE] }))).toEqual(
    [],
  );
  expect(
    findings((chart) =>
      everything(chart, { schedule: Cron.schedule({ minute: '0', hour: '4' }), timeZone: 'Europe/Zurich' }),
    ),
  ).toEqual([]);
  const image = PostgresImage.of({
    image: `example.org/tools@sha256:${'0'.repeat(64)}`,
    uid: 7,
    gid: 7,
    majorVersion: 17,
  });
  expect(findings((chart) => everything(chart, { image }))).toEqual([]);
});

test('what the library leaves to its user is told as a note or a warning', () => {
  expect(findings((chart) => everything(chart, { resizableFromGit: true }))).toEqual([
    'note claim-not-recreated shop-backup',
  ]);
  const once = [PersistentVolumeAccessMode.READ_WRITE_ONCE];
  expect(
    new Set(findings((chart) => everything(chart, { accessModes: once, storageClassName: 'nfs-client' }))),
  ).toEqual(
    new Set(
      ['backup', 'copy', 'drill', 'drill-copy', 'merged-7', 'restore'].map(
        (name) => `warning fs-group-on-nfs shop-db-${name}`,
      ),
    ),
  );
  expect(
    new Set(
      findings((chart) =>
        everything(chart, { image: PostgresImage.of({ image: 'postgres:17', uid: 7, gid: 7, majorVersion: 17 }) }),
      ),
    ),
  ).toEqual(
    new Set(
      ['backup', 'copy', 'drill', 'drill-copy', 'merged-7', 'restore', 'restore-copy'].map(
        (name) => `warning floating-image shop-db-${name}`,
      ),
    ),
  );
});

test('dumps that are not copied are told once for each claim', () => {
  expect(findings((chart) => everything(chart, { copied: false }))).toEqual(['note offsite-copy shop-db-backup']);
  const two = findings((chart) => {
    everything(chart, { copied: false });
    const [backup] = chart.node.children.filter((child) => child instanceof BackupCronJob);
    new BackupCronJob(chart, 'another', {
      name: 'shop-db-another',
      database: backup!.database,
      storage: backup!.storage,
      folder: 'another',
      schedule: Cron.daily(),
      retention: Retention.keep({ daily: 7 }),
    });
  });
  expect(two).toEqual(['note offsite-copy shop-db-another']);
});

test('an image that is not of the declared version is an error', () => {
  const image = PostgresImage.of({ image: 'postgres:16.4', uid: 7, gid: 7, majorVersion: 17 });
  expect(findings((chart) => everything(chart, { image }))).toContain('error server-version shop-db-backup');
});

describe('a connection of which nothing says how it is encrypted', () => {
  const levels = (host: string): string[] =>
    findings((chart) => everything(chart, { host, tls: undefined })).map((finding) =>
      finding.replace(/ shop-db-/, ' '),
    );
  const all = (level: string): string[] =>
    ['backup', 'restore', 'restore-copy', 'merged-7'].map((name) => `${level} tls ${name}`);

  test.each(['shop-db', 'shop-db.', 'shop-db.shop', 'shop-db.shop.svc', 'shop-db.shop.svc.cluster.local'])(
    'to %s, in the namespace of the workloads, is a note, and none of the drill, which has a server of its own',
    (host) => expect(levels(host)).toEqual(all('note')),
  );

  test.each(['shop-db.data', 'shop-db.data.svc', 'shop-db.shop.example.org', 'db.example.org', '10.0.0.7', 'fd00::7'])(
    'to %s, elsewhere, is a warning',
    (host) => expect(levels(host)).toEqual(all('warning')),
  );
});
