import { Chart, Cron, Duration, Testing } from 'cdk8s';
import {
  BackupAlerts,
  BackupCronJob,
  BackupDashboard,
  OffsiteCopy,
  OffsiteEncryption,
  OffsiteTarget,
  Retention,
  SecretExpectations,
} from '../../src';
import { RuleSet } from '../support/monitoring/alert-scenarios';
import { alerts, rules } from '../support/monitoring/alerts';
import { describeWithPromtool, promtool } from '../support/machine/promtool';
import { chart, database, manifest, storage, yaml } from '../support/manifests/synth';

test('the object of a backup, a drill and a restore', () => {
  expect(yaml(alerts())).toMatchSnapshot();
});

test(
  'Prometheus selects the object by its labels, and every alert has the labels and the runbook that were asked ' +
    'for',
  () => {
    const { metadata, spec } = alerts({
      labels: { release: 'prometheus' },
      alertLabels: { team: 'shop', severity: 'mine' },
      runbookUrl: 'https://shop.example/run',
    });
    expect(metadata).toMatchObject({
      name: 'shop-backup-alerts',
      namespace: 'shop',
      labels: { release: 'prometheus' },
    });
    const firing = spec.groups[0].rules.filter(({ alert }: { alert?: string }) => alert !== undefined);
    expect(firing).toHaveLength(12);
    for (const { labels, annotations } of firing) {
      expect(labels).toMatchObject({ team: 'shop', severity: expect.stringMatching(/^(critical|warning)$/) });
      expect(annotations).toEqual({
        summary: expect.any(String),
        description: expect.any(String),
        runbook_url: 'https://shop.example/run',
      });
    }
  },
);

test('a copy to a bucket has the alerts of a CronJob that must succeed, and a row of the dashboard', () => {
  const scope = chart();
  const secrets = new SecretExpectations(scope, 'bucket', { name: 'bucket-secrets' });
  const key = (name: string) => secrets.expectKey('shop-offsite', name);
  const backup = new BackupCronJob(scope, 'backup', {
    name: 'shop-backup',
    database: database(scope),
    storage: storage(scope),
    schedule: Cron.daily(),
    retention: Retention.keep({ daily: 7 }),
  });
  const target = OffsiteTarget.s3({
    endpoint: 'https://s3.example.com',
    region: 'eu-central-1',
    bucket: 'dumps',
    accessKey: key('accessKey'),
    secretKey: key('secretKey'),
    encryption: OffsiteEncryption.none(),
  });
  const copy = new OffsiteCopy(scope, 'copy', { name: 'shop-offsite', backup, target, schedule: Cron.daily() });
  const all = new BackupAlerts(scope, 'alerts', { name: 'alerts', backups: [backup], copies: [copy] });
  new BackupDashboard(scope, 'dashboard', { name: 'dashboard', alerts: all });
  const { groups } = manifest(scope, 'PrometheusRule').spec as RuleSet;
  const names = groups[0]!.rules.map(({ alert }) => alert).filter((alert) => alert?.startsWith('PostgresCopy'));
  expect(names).toEqual(['PostgresCopyStale', 'PostgresCopyMissing', 'PostgresCopyFailed', 'PostgresCopySlow']);
  // A day, and both deadlines of the copy: 12 and 6 hours.
  expect(JSON.stringify(groups)).toContain(`${(24 + 12 + 6) * 3600}`);
  const [json] = Object.values(manifest(scope, 'ConfigMap', 'dashboard').data as Record<string, string>);
  expect(json).toContain('"title": "Copies"');
});

test('two backups have the alerts of one, and so have their claim and their namespace', () => {
  const scope = chart();
  const claim = storage(scope);
  const db = database(scope);
  const backups = ['a', 'b'].map(
    (name) =>
      new BackupCronJob(scope, name, {
        name,
        database: db,
        folder: name,
        storage: claim,
        schedule: Cron.daily(),
        retention: Retention.keep({ daily: 7 }),
      }),
  );
  new BackupAlerts(scope, 'alerts', { name: 'alerts', backups });
  const names = (manifest(scope, 'PrometheusRule').spec as RuleSet).groups[0]!.rules.map(({ alert }) => alert);
  const count = (name: string) => names.filter((alert) => alert === name).length;
  expect([count('PostgresBackupStale'), count('PostgresBackupClaimFull'), count('PostgresBackupUnmonitored')]).toEqual([
    1, 1, 1,
  ]);
});

test.each([
  [{ backups: [] }, /^backupAlerts\.backups \(\[\]\) watches nothing\. /],
  [{ minFreePercent: 100 }, /^backupAlerts\.minFreePercent \(100\) must be a whole number from 1 to 99/],
  [
    { slack: Duration.seconds(59) },
    /^backupAlerts\.backups\.slack \("59 s"\) must be a whole number of seconds, at least 60/,
  ],
  [{ name: 'Alerts' }, /^backupAlerts\.name \("Alerts"\) is not a DNS-1123 name/],
  [{ labels: { 'a b': 'c' } }, /^backupAlerts\.labels \("a b: c"\) is not a label/],
])('%j is refused', (props, message) => {
  expect(() => alerts(props)).toThrow(message);
});

test("a chart without a namespace is refused: its metrics could be anybody's", () => {
  expect(() => alerts({}, new Chart(Testing.app(), 'shop'))).toThrow(
    /^backupAlerts\.backups \("shop\/backup"\) is in a chart without a namespace/,
  );
});

describeWithPromtool('promtool', () => {
  test('takes the rules', () => {
    const { status, output } = promtool(
      { 'rules.yaml': rules() },
      'check',
      'rules',
      '--lint=all',
      '--lint-fatal',
      'rules.yaml',
    );
    expect(output).toContain(`SUCCESS: ${rules().groups[0]!.rules.length} rules found`);
    expect(status).toBe(0);
  });
});
