import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';

const root = join(__dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

test('the program in the README compiles strictly and synthesizes', () => {
  const program = /```ts\n(import[\s\S]*?)```/.exec(readme)![1]!;
  const folder = mkdtempSync(join(tmpdir(), 'readme-'));
  try {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'main.ts'), program.replace('\'cdk8s-postgres-backup\'', `'${join(root, 'src')}'`));
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--esModuleInterop', '--module', 'node16', '--target', 'es2022', '--types', 'node'];
    execFileSync(join(root, 'node_modules/.bin/tsc'), [...options, 'main.ts'], { cwd: folder });
    execFileSync(process.execPath, ['--import', 'tsx', 'main.ts'], { cwd: folder });
    expect(readdirSync(join(folder, 'dist/shop'))).toEqual([
      'ConfigMap.shop-backup-scripts.yaml', 'ConfigMap.shop-expected-secrets.yaml', 'CronJob.shop-db-backup.yaml',
      'CronJob.shop-db-restore.yaml', 'PersistentVolumeClaim.shop-backup.yaml', 'kustomization.yaml',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('every npm task that the README names exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const named = [...readme.matchAll(/npm run ([\w:]+)/g), ...readme.matchAll(/^\| `([\w:]+)`(?:, `([\w:]+)`)*(?:, `([\w:]+)`)? \| (?:writes|generates|types|compares|the meas)/gm)]
    .flatMap(([, ...tasks]) => tasks.filter((task) => task !== undefined));
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((task) => !(task in scripts))).toEqual([]);
});

test('the table of the secrets is that of dist/', () => {
  const { data } = parse(readFileSync(join(root, 'dist/identity-internal/ConfigMap.zitadel-expected-secrets.yaml'), 'utf8'));
  const rows = (parse(data['secrets.yaml']) as Record<string, string>[]).map(({ namespace, secret, key, bytes, sameAsDump, because, gitFile, optionalUntil }) => [
    `\`${namespace === undefined ? '' : `${namespace}/`}${secret}\``,
    key === undefined ? 'any' : `\`${key}\``,
    [bytes && `${bytes} bytes`, sameAsDump && 'the same as in the dump', optionalUntil && `there once ${optionalUntil}`].filter(Boolean).join(', '),
    because,
    gitFile === undefined ? '' : `\`${gitFile}\``,
  ]);
  const head = ['Secret', 'Key', 'Must be', 'Because', 'In Git'];
  const table = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`.replace(/ {2,}/g, ' ')).join('\n');
  expect(readme).toContain(`\n${table}\n`);
});
