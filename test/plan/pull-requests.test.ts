import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { markdownReport } from '../../src/plan/plan-markdown';
import { manyDatabases } from '../support/manifests/many-databases';
import { plan } from '../../src/plan/plan';
import { treeOf } from '../support/manifests/shop-tree';
import { planOfPullRequest, PULL_REQUESTS } from './pull-requests';

const NOW = Date.UTC(2026, 10, 24, 1);
const FOLDER = join(__dirname, 'pull-requests');
const hasKubectl = spawnSync('kubectl', ['kustomize', '--help']).status === 0;

/** A page: what an engineer would write, and the comment. */
function page(name: string): string {
  const sentences = PULL_REQUESTS[name]!.sentences.map((sentence) => `> ${sentence}\n`).join('');
  return `${sentences}\n${markdownReport(planOfPullRequest(PULL_REQUESTS[name]!, NOW))}\n`;
}

const names = Object.keys(PULL_REQUESTS).filter((name) => hasKubectl || name !== 'kustomize-overlay');

/** After a change that is meant, `UPDATE_PAGES=1 npx jest test/plan/pull-requests` writes the pages: read the diff. */
test.each(names)('%s', (name) => {
  const file = join(FOLDER, `${name}.md`);
  const comment = page(name);
  if (process.env.UPDATE_PAGES === '1') writeFileSync(file, comment);
  expect(comment).toBe(readFileSync(file, 'utf8'));
});

/** What is seen before a reader unfolds anything. */
const seen = (comment: string): string[] =>
  comment.replaceAll(/(<details><summary>[^\n]*)[^]*?\n<\/details>/g, '$1').split('\n');

test.each([...names, 'many databases'])(
  'at most 60 lines of %s are seen, and every answer is in the comment',
  (name) => {
    const made =
      name === 'many databases'
        ? plan(treeOf('main', manyDatabases(300, 7)), treeOf('change', manyDatabases(300, 3)), { now: NOW })
        : planOfPullRequest(PULL_REQUESTS[name]!, NOW);
    const comment = markdownReport(made);
    expect(seen(comment).length).toBeLessThanOrEqual(60);
    if (name !== 'many databases')
      for (const { title } of made.changes) expect(comment.replaceAll(/\\([\\`*_[\]<>#|~&!])/g, '$1')).toContain(title);
  },
);

test('each page is of a pull request', () => {
  expect(readdirSync(FOLDER).sort()).toEqual(
    Object.keys(PULL_REQUESTS)
      .map((name) => `${name}.md`)
      .sort(),
  );
});
