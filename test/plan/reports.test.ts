import { SaxesParser } from 'saxes';
import { CHANGES } from '../../src/plan/change';
import { jsonReport } from '../../src/plan/plan-json';
import { readListing } from '../../src/plan/listing';
import { markdownReport } from '../../src/plan/plan-markdown';
import { type Plan, plan } from '../../src/plan/plan';
import { svg } from '../../src/plan/svg';
import { textReport } from '../../src/plan/plan-text';
import { edited, type Files, shop, treeOf } from '../support/shop-tree';
import { manyDatabases } from '../support/many-databases';
import { CASES, LISTING, treesOf } from './cases';

const NOW = Date.UTC(2026, 10, 24, 1);
const BACKUP = 'CronJob.shop-db-backup.yaml';

const planOf = (before: Files, after: Files, options = {}): Plan =>
  plan(treeOf('base', before), treeOf('head', after), { now: NOW, ...options });
const caseOf = (name: string): Plan => {
  const { before, after } = treesOf(CASES[name]!);
  return planOf(before, after, CASES[name]!.options);
};

/** The elements of a picture, by name; throws where it is no XML. */
function elements(picture: string): { name: string; attributes: Record<string, string>; text: string }[] {
  const found: { name: string; attributes: Record<string, string>; text: string }[] = [];
  const parser = new SaxesParser();
  const open: typeof found = [];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element = { name, attributes: attributes as Record<string, string>, text: '' };
    open.push(element);
    found.push(element);
  });
  parser.on('text', (text) => {
    if (open.length > 0) open.at(-1)!.text += text;
  });
  parser.on('closetag', () => {
    open.pop();
  });
  parser.write(picture).close();
  return found;
}

describe('the picture', () => {
  const picture = svg(caseOf('fewer days are kept, with a listing of the dumps'));

  test('shows each restore point before and after, and what is lost in a shape of its own', () => {
    const all = elements(picture);
    expect(all[0]).toMatchObject({ name: 'svg', attributes: { role: 'img', 'aria-labelledby': 'title description' } });
    expect(all.find(({ attributes }) => attributes.id === 'title')!.text).toBe(
      'Restore points before and after the change',
    );
    expect(all.find(({ attributes }) => attributes.id === 'description')!.text).toMatch(
      /^Risk: high\..* shop\/shop-db-backup: 8 restore points without the change, 4 with it, 4 lost\.$/,
    );
    const marks = (kind: string): number =>
      all.filter(({ name, attributes }) => attributes.class === kind && name !== 'text').length;
    // Without those of the legend; what is lost is there twice: as it was, and where it was.
    expect([marks('kept') - 1, marks('lost') - 2, marks('next') - 1]).toEqual([3 + 3, 4 + 4, 2]);
    expect(all.filter(({ name, text }) => name === 'title' && text.endsWith(', lost'))).toHaveLength(8);
  });

  test('is the same for the same plan, for light and dark', () => {
    expect(svg(caseOf('fewer days are kept, with a listing of the dumps'))).toBe(picture);
    expect(picture).toContain('@media (prefers-color-scheme: dark)');
    expect(picture).toMatchSnapshot();
  });

  test('is XML for every case, and whatever the names are', () => {
    for (const name of Object.keys(CASES).filter((_, index) => index % 3 === 0))
      expect(elements(svg(caseOf(name)))[0]!.name).toBe('svg');
    const evil = edited(shop(), BACKUP, [
      /name: shop-db-backup\n {2}namespace/,
      'name: "<script>&\\"\\u0007\\uFFFF]]>"\n  namespace',
    ]);
    const all = elements(svg(planOf(evil, edited(evil, BACKUP, [/(KEEP_DAILY\n +value: )"7"/, '$1"2"']))));
    expect(all.some(({ name }) => name === 'script')).toBe(false);
    expect(all.some(({ text }) => text.includes('<script>&"'))).toBe(true);
  });

  test('of no change shows what is there, of no backup says so, of many shows the first', () => {
    expect(elements(svg(planOf(shop(), shop()))).filter(({ attributes }) => attributes.class === 'kept').length).toBe(
      2 * 8 + 1,
    );
    expect(svg(planOf({}, {}))).toContain('There is no backup on both sides.');
    expect(svg(planOf(manyDatabases(25, 7), manyDatabases(25, 3)))).toContain('… and 5 more backups');
  });
});

describe('Markdown', () => {
  test('is a comment that a person can read', async () => {
    expect(await markdownReport(caseOf('fewer days are kept'), 'plan.svg')).toMatchSnapshot();
    expect(await markdownReport(caseOf('a script changes'))).toMatchSnapshot();
  });

  test('of no change is one line', async () => {
    expect((await markdownReport(planOf(shop(), shop()), 'plan.svg')).trim()).toBe(
      '### No change: head has what base has',
    );
  });

  test('takes names as text: no markup, no mention, no way out of a block of code', async () => {
    const evil = '`</details><b>*x* @ada [a](http://b) | ```\\n~~~~\\n# x';
    const markdown = await markdownReport(
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
    const markdown = await markdownReport(planOf(manyDatabases(300, 7), manyDatabases(300, 3)));
    expect(markdown.length).toBeLessThan(65_536);
    expect(markdown).toMatch(/… and \d+ more resources, which a comment has no room for/);
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
    await markdownReport(made),
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
  const [{ forecast }] = caseOf('fewer days are kept, with a listing of the dumps').comparison.backups as [
    Plan['comparison']['backups'][0],
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
