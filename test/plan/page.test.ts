import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { textReport } from '../../src/plan/plan-text';
import { planOfPullRequest, PULL_REQUESTS } from './pull-requests';

const page = readFileSync(join(__dirname, '../../docs/plan.md'), 'utf8');
const shown = [...page.matchAll(/<!-- ([\w-]+) -->\n+```text\n([^]*?)\n```/g)].map(([, name, text]) => [name!, text!]);

test.each(shown)('the output of %s in docs/plan.md is what the command prints', (name, text) => {
  const made = planOfPullRequest(PULL_REQUESTS[name]!, Date.UTC(2026, 10, 24, 1));
  const printed = textReport(made, { color: false, columns: 120 });
  for (const part of text.split('\n…\n')) expect(printed).toContain(part);
});

test('every output in docs/plan.md names its case, and the page has at most 150 lines', () => {
  expect(shown.length).toBe(page.match(/^```text$/gm)!.length);
  expect(page.trimEnd().split('\n').length).toBeLessThanOrEqual(150);
});
