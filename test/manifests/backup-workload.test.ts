import { Duration } from 'cdk8s';
import { Retention } from '../../src';
import { backupWorkload } from '../../src/manifests/backup-workload';
import { edited, shop, treeOf, type Files } from '../support/manifests/shop-tree';

const FILE = 'CronJob.shop-db-backup.yaml';
const rules = { last: 2, daily: 7, weekly: 4, monthly: 12, yearly: 5 };

const retentionOf = (files: Files) =>
  treeOf('shop', files)
    .manifests.map(backupWorkload)
    .find((found) => found !== undefined)!.retention;

test('every rule of a retention is read back from the manifest', () => {
  expect(retentionOf(shop({ backup: { retention: Retention.keep({ ...rules, within: Duration.days(3) }) } }))).toEqual({
    ...rules,
    within: 3,
  });
});

test('a manifest from before there was `within` keeps nothing by it', () => {
  const old = edited(shop({ backup: { retention: Retention.keep(rules) } }), FILE, [
    / +- name: KEEP_WITHIN_DAYS\n +value: .*\n/,
    '',
  ]);
  expect(retentionOf(old)).toEqual({ ...rules, within: 0 });
});
