import { plan } from '../../src/plan/plan';
import { manyDatabases } from '../support/manifests/many-databases';
import { treeOf } from '../support/manifests/shop-tree';

test('each of a thousand databases gets its answer', () => {
  const [base, head] = [treeOf('base', manyDatabases(1000, 7)), treeOf('head', manyDatabases(1000, 3))];
  const { changes, comparisons } = plan(base, head, { now: Date.UTC(2026, 10, 24, 1) });
  const deleted = changes.filter(({ id }) => id === 'restore-points-deleted');
  expect(new Set(deleted.flatMap(({ resources }) => resources)).size).toBe(1000);
  expect(comparisons[0]!.backups).toHaveLength(1000);
  expect(changes.filter(({ id }) => id === 'overlap')).toEqual([]);
});
