import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { pages } from '../support/manifests/pages';

const root = join(__dirname, '../..');
const page = (path: string): string => readFileSync(join(root, path), 'utf8');

test('the table of the tasks has every npm script, and no other', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const [, table] = /## Tasks\n\n[^\n]*\n[^\n]*\n((?:\|.*\n)+)/.exec(page('CONTRIBUTING.md'))!;
  const listed = table!
    .split('\n')
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([\w:]+)`/g)].map(([, task]) => task!));
  const lifecycle = ['prepack', 'pretest', 'version'];
  expect(listed.sort()).toEqual(
    Object.keys(scripts)
      .filter((task) => !lifecycle.includes(task))
      .sort(),
  );
});

test('every npm task that the pages name exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const named = pages().flatMap(({ text }) => [...text.matchAll(/npm run (?:-s )?([\w:]+)/g)].map(([, task]) => task!));
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((task) => !(task in scripts))).toEqual([]);
});

test('the table of the secrets is that of dist/', () => {
  const { data } = parse(
    readFileSync(join(root, 'dist/identity-internal/ConfigMap.zitadel-expected-secrets.yaml'), 'utf8'),
  );
  const rows = (parse(data['secrets.yaml']) as Record<string, string>[]).map(
    ({ namespace, secret, key, bytes, sameAsDump, because, gitFile, optionalUntil }) => [
      `\`${namespace === undefined ? '' : `${namespace}/`}${secret}\``,
      key === undefined ? 'any' : `\`${key}\``,
      [
        bytes && `${bytes} bytes`,
        sameAsDump && 'the same as in the dump',
        optionalUntil && `there once ${optionalUntil}`,
      ]
        .filter(Boolean)
        .join(', '),
      because,
      gitFile === undefined ? '' : `\`${gitFile}\``,
    ],
  );
  const head = ['Secret', 'Key', 'Must be', 'Because', 'In Git'];
  const table = [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`.replace(/ {2,}/g, ' '))
    .join('\n');
  expect(page('src/identity-internal/README.md')).toContain(`\n${table}\n`);
});
