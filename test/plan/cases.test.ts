import { CHANGES } from '../../src/plan/change';
import type { Plan } from '../../src/plan/plan';
import { plan } from '../../src/plan/plan';
import { textReport } from '../../src/plan/plan-text';
import { shop, treeOf } from '../support/manifests/shop-tree';
import { CASES, type Case, treesOf } from './cases';
import { planOfPullRequest, PULL_REQUESTS } from './pull-requests';

/** A Tuesday; the last run was on Monday. */
const NOW = Date.UTC(2026, 10, 24, 1);

function planOf(one: Case): Plan {
  const { before, after } = treesOf(one);
  return plan(treeOf('base', before), treeOf('head', after), { now: NOW, ...one.options });
}

const plans = Object.fromEntries(Object.entries(CASES).map(([name, one]) => [name, planOf(one)]));

test.each(Object.keys(CASES))('%s', (name) => {
  expect(textReport(plans[name]!, { color: false, columns: 120 })).toMatchSnapshot();
});

test('every answer that a plan has is among the cases, or among the pull requests', () => {
  const all = [...Object.values(plans), ...Object.values(PULL_REQUESTS).map((one) => planOfPullRequest(one, NOW))];
  const given = new Set(all.flatMap(({ changes }) => changes.map(({ id }) => id)));
  expect(Object.keys(CHANGES).filter((id) => !given.has(id as never))).toEqual([]);
});

test('whatever differs has an answer, and so a risk', () => {
  expect(Object.entries(plans).filter(([, { risk, changes }]) => risk === 'none' || changes.length === 0)).toEqual([]);
});

test('the way back is a change as well', () => {
  for (const one of Object.values(CASES)) {
    const { before, after } = treesOf(one);
    expect(plan(treeOf('head', after), treeOf('base', before), { now: NOW, ...one.options }).risk).not.toBe('none');
  }
});

test('a tree against itself is no change, in one line', () => {
  for (const one of [...Object.values(CASES), { after: {} }]) {
    const files = treesOf(one).after;
    const same = plan(treeOf('base', files), treeOf('head', { ...files }), { now: NOW, ...one.options });
    expect(textReport(same, { color: false, columns: 120 })).toBe('No change: head has what base has');
    expect(same.risk).toBe('none');
  }
});

test('an empty tree against a whole one, and the other way round', () => {
  const [empty, whole] = [treeOf('empty', {}), treeOf('whole', shop())];
  expect(plan(empty, whole, { now: NOW }).resources).toHaveLength(whole.manifests.length);
  expect(plan(whole, empty, { now: NOW }).changes.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['backup-removed', 'restore-removed', 'drill-removed', 'claim-removed']),
  );
});
