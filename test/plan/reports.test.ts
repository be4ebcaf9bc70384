import { CHANGES } from '../../src/plan/change';
import { jsonReport } from '../../src/plan/plan-json';
import { readListing } from '../../src/plan/listing';
import { markdownReport } from '../../src/plan/plan-markdown';
import { type Plan, plan } from '../../src/plan/plan';
import { textReport } from '../../src/plan/plan-text';
import { edited, type Files, shop, treeOf } from '../support/manifests/shop-tree';
import { manyDatabases } from '../support/manifests/many-databases';
import { CASES, LISTING, treesOf } from './cases';

const NOW = Date.UTC(2026, 10, 24, 1);
const BACKUP = 'CronJob.shop-db-backup.yaml';

const planOf = (before: Files, after: Files, options = {}): Plan =>
  plan(treeOf('base', before), treeOf('head', after), { now: NOW, ...options });
const caseOf = (name: string): Plan => {
  const { before, after } = treesOf(CASES[name]!);
  return planOf(before, after, CASES[name]!.options);
};

describe('Markdown', () => {
  test('is a comment that a person can read', () => {
    expect(markdownReport(caseOf('fewer days are kept'))).toMatchSnapshot();
    expect(markdownReport(caseOf('a script changes'))).toMatchSnapshot();
  });

  test('of no change is one line', async () => {
    expect(markdownReport(planOf(shop(), shop())).trim()).toBe('### No change: head has what base has');
  });

  test('takes names as text: no markup, no mention, no way out of a block of code', async () => {
    const evil = '`</details><b>*x* @ada [a](http://b) | ```\\n~~~~\\n# x';
    const markdown = markdownReport(
      planOf(shop(), {
        ...edited(shop(), BACKUP, [/(RESTORE|BACKUP_DIR\n +value: ).*/, `$1${JSON.stringify(`/backups/${evil}`)}`]),
        'evil.yaml':
          `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${JSON.stringify(evil)}\ndata:\n  a: ` +
          `${JSON.stringify(evil)}\n`,
      }),
    );
    const prose = markdown.replace(/^(`{3,})diff\n[^]*?\n\1$/gm, '').replace(/(`+)[^`](?:[^]*?[^`])?\1(?!`)/g, '');
    expect(prose).not.toMatch(/[^\\]<b>|@ada|[^\\]\]\(http|[^\\*]\*x\*|^# x/m);
    expect(markdown).toMatch(/^````+diff$/m);
  });

  test('fits into a comment of GitHub, and says what it leaves out', async () => {
    const markdown = markdownReport(planOf(manyDatabases(300, 7), manyDatabases(300, 3)));
    expect(markdown.length).toBeLessThan(65_536);
    expect(markdown).toMatch(/… and \d+ more, which a comment has no room for/);
  });
});

test('JSON has the shape that its file documents', () => {
  const report = JSON.parse(JSON.stringify(jsonReport(caseOf('fewer days are kept, with a listing of the dumps'))));
  expect(report).toMatchSnapshot();
  for (const { id } of report.changes) expect(Object.keys(CHANGES)).toContain(id);
});

test('no report shows a value of a Secret', async () => {
  const secret = (value: string): Files => ({
    's.yaml': `apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: ${value}}\ndata: {${value}: ${value}}\n`,
  });
  const made = planOf(secret('hunter2'), secret('swordfish'));
  const values = [
    textReport(made, { color: false, columns: 120 }),
    markdownReport(made),
    JSON.stringify(jsonReport(made)),
  ].join('\n');
  expect(values).toContain('stringData.a');
  expect(values.replaceAll(/data\.(hunter2|swordfish)/g, '')).not.toMatch(/hunter2|swordfish/);
});

test('names cannot move the cursor of a terminal', () => {
  const evil = edited(
    shop(),
    BACKUP,
    [/(PGDATABASE\n +value: )shop/, '$1"\\u001b[31mshop\\r\\u202e"'],
    [/schedule: 0 2/, 'schedule: "\\u001b[2J" #'],
  );
  // eslint-disable-next-line no-control-regex
  expect(textReport(planOf(shop(), evil), { color: false, columns: 120 })).not.toMatch(/[\u001b\r\u202e]/);
});

test('the files that a plan names are those that the script would remove', () => {
  const dumps = readListing(LISTING, 'listing');
  const [{ forecast }] = caseOf('fewer days are kept, with a listing of the dumps').comparisons[0]!.backups as [
    Plan['comparisons'][0]['backups'][0],
  ];
  expect(forecast!.lost.map(({ point }) => point.name)).toEqual([
    'shop-20261121-020000',
    'shop-20261120-020000',
    'shop-20261119-020000',
    'shop-20261118-020000',
  ]);
  // Held: it stays whatever the retention says.
  expect(dumps.get('shop')!.find(({ isHeld }) => isHeld)!.name).toBe('shop-20261115-020000');
  expect(forecast!.after.map(({ name }) => name)).toContain('shop-20261115-020000');
});
