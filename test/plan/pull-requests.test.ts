import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Plan, plan } from '../../src/plan/plan';
import { markdownReport } from '../../src/plan/plan-markdown';
import { type Tree, TreeReader } from '../../src/plan/tree';
import { PULL_REQUESTS, type PullRequest, type Side } from './pull-requests';

const NOW = Date.UTC(2026, 10, 24, 1);
const FOLDER = join(__dirname, 'pull-requests');
const hasKubectl = spawnSync('kubectl', ['kustomize', '--help']).status === 0;

const reader = new TreeReader();
const treeOf = (name: string, side: Side): Tree =>
  typeof side === 'string' ? reader.ofStream(name, side) : reader.of(name, side);

function planOf({ base, head, options }: PullRequest): Plan {
  return plan(treeOf('main', base()), treeOf('change', head()), { now: NOW, ...options });
}

/** A page: what an engineer would write, and the comment. */
function page(name: string): string {
  const sentences = PULL_REQUESTS[name]!.sentences.map((sentence) => `> ${sentence}\n`).join('');
  return `${sentences}\n${markdownReport(planOf(PULL_REQUESTS[name]!))}\n`;
}

const names = Object.keys(PULL_REQUESTS).filter((name) => hasKubectl || name !== 'kustomize-overlay');

/** After a change that is meant, `UPDATE_PAGES=1 npx jest test/plan/pull-requests` writes the pages: read their diff. */
test.each(names)('%s', (name) => {
  const file = join(FOLDER, `${name}.md`);
  const comment = page(name);
  if (process.env.UPDATE_PAGES === '1') writeFileSync(file, comment);
  expect(comment).toBe(readFileSync(file, 'utf8'));
});

test('each page is of a pull request', () => {
  expect(readdirSync(FOLDER).sort()).toEqual(
    Object.keys(PULL_REQUESTS)
      .map((name) => `${name}.md`)
      .sort(),
  );
});
