import { Chart, Cron, Duration, Testing } from 'cdk8s';
import { BackupAlerts, BackupCronJob, Retention } from '../../src';
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
