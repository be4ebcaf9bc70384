import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { written } from '../support/secrets/flux-repo';
import { edited, type Files, shop } from '../support/manifests/shop-tree';

const root = join(__dirname, '../..');
const BACKUP = 'CronJob.shop-db-backup.yaml';
const NOW = ['--now', '2026-11-24T01:00:00Z'];

const base = written(shop());
const head = written(edited(shop(), BACKUP, [/(KEEP_DAILY\n +value: )"7"/, '$1"3"']));
const command = ['--import', require.resolve('tsx'), join(root, 'src/cli/command.ts'), 'plan'];

function cli(args: readonly string[], input?: string): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [...command, ...args], {
    cwd: root,
    env: { ...process.env, CI: 'true' },
    encoding: 'utf8',
    input,
  });
}

test('the plan for people, and status 0 unless told otherwise', () => {
  const { status, stdout, stderr } = cli(['--base', base, '--head', head, ...NOW]);
  expect(stdout).toMatch(/^Risk: high\. Deletes 4 restore points from 2026-11-18 to 2026-11-21 \(1 error, 2 notes\)\n/);
  expect(stdout).not.toContain('\u001b');
  expect([status, stderr]).toEqual([0, '']);
});

test('--fail-on ends with status 1 from this level on, --json with what comes from the standard input', () => {
  const fails = cli(
    [
      '--base',
      base,
      '--head',
      head,
      ...NOW,
      '--fail-on',
      'error',
      '--json',
      '--dumps',
      '-',
      '--dump-size',
      '1Gi',
      '--last-run',
      '60',
    ],
    'shop-20261122-020000.dump\nshop-20261119-020000.dump\n',
  );
  expect(JSON.parse(fails.stdout)).toMatchObject({
    version: 1,
    now: '2026-11-24T01:00:00.000Z',
    restorePoints: [{ isListed: true }],
  });
  expect(fails.status).toBe(0); // three days are all that the listing has
  const more = cli(['--base', base, '--head', head, ...NOW, '--fail-on', 'note', '--markdown']);
  expect(more.stdout).toMatch(/^### Risk: high\./);
  expect(more.status).toBe(1);
});

/** As a tool prints it. */
const stream = (files: Files): string => Object.values(files).join('---\n');
const fewer = edited(shop(), BACKUP, [/(KEEP_DAILY\n +value: )"7"/, '$1"3"']);

test('what a tool has rendered is read from the standard input, a file and a pipe, and is what a folder has', () => {
  const rendered = written({ 'base.yaml': stream(shop()), 'head.yaml': stream(fewer) });
  const told = (...args: string[]): string => cli([...args, ...NOW], stream(fewer)).stdout;
  const expected = told('--base', base, '--head', head);
  expect(expected).toContain('Deletes 4 restore points');
  expect(told('--base', base, '--head', '-')).toBe(expected);
  expect(told('--base', join(rendered, 'base.yaml'), '--head', join(rendered, 'head.yaml'))).toBe(expected);
  const piped = spawnSync(
    'bash',
    [
      '-c',
      'exec "$@" --base <(cat "$BASE/base.yaml") --head <(cat "$BASE/head.yaml")',
      '-',
      process.execPath,
      ...command,
      ...NOW,
    ],
    { cwd: root, env: { ...process.env, BASE: rendered }, encoding: 'utf8' },
  );
  expect([piped.stdout, piped.stderr]).toEqual([expected, '']);
});

test('no change is one line and status 0', () => {
  const same = cli(['--base', base, '--head', base, '--fail-on', 'note']);
  expect([same.stdout, same.status]).toEqual([`No change: ${base} has what ${base} has\n`, 0]);
});

test.each([
  ['no base', ['--head', 'dist'], "required option '--base <manifests>' not specified"],
  [
    'a base that is not there',
    ['--base', '/nowhere', '--head', 'dist'],
    '--base (/nowhere) is not a folder, nor a file',
  ],
  ['a ref that is not there', ['--base', 'nowhere:dist', '--head', 'dist'], 'Git knows no ref nowhere'],
  [
    'a listing that is not there',
    ['--base', 'dist', '--head', 'dist', '--dumps', '/nowhere'],
    '--dumps (/nowhere) cannot be read (ENOENT)',
  ],
  ['bad values', ['--base', 'dist', '--head', 'dist', '--now', 'tomorrow'], 'It is not a time'],
  ['a bad size', ['--base', 'dist', '--head', 'dist', '--dump-size', '2 GB'], 'It is not a size'],
  [
    'a bad level',
    ['--base', 'dist', '--head', 'dist', '--fail-on', 'high'],
    'Allowed choices are error, warning, note',
  ],
  [
    'the standard input twice',
    ['--base', '-', '--head', 'dist', '--dumps', '-'],
    '--base and --dumps (-) cannot both read the standard input',
  ],
  ['nothing rendered', ['--base', 'dist', '--head', '-'], '--head (-) has no manifest in it'],
  ['two formats', ['--base', 'dist', '--head', 'dist', '--json', '--markdown'], 'cannot be used with'],
])('%s is misuse: status 2, a sentence, and no stack trace', (_, args, message) => {
  const { status, stdout, stderr } = cli(args);
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect([stdout, status]).toEqual(['', 2]);
});

const onLinux = process.platform === 'linux' && existsSync('/usr/bin/script') ? test : test.skip;

onLinux('colours are for terminals, and NO_COLOR turns them off', () => {
  // script(1) is a terminal around a command.
  const inTerminal = (env: NodeJS.ProcessEnv): string =>
    spawnSync(
      'script',
      ['-qec', `'${[process.execPath, ...command, '--base', base, '--head', head, ...NOW].join("' '")}'`, '/dev/null'],
      { cwd: root, env: { ...process.env, TERM: 'xterm', ...env }, encoding: 'utf8' },
    ).stdout;
  expect(inTerminal({})).toContain('\u001b[31mRisk: high.');
  expect(inTerminal({ NO_COLOR: '1' })).not.toContain('\u001b');
});

test('--help has every option, the levels and examples', () => {
  const { status, stdout } = cli(['--help']);
  expect(stdout).toMatchSnapshot();
  expect(status).toBe(0);
});
