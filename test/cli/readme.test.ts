import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { plan } from '../../src/plan/plan';
import { textReport } from '../../src/plan/plan-text';
import { TreeReader } from '../../src/plan/tree';
import { MASTERKEY, runbook, written, ZITADEL_FILE, ZITADEL_SECRET } from '../support/secrets/flux-repo';
import { edited, treeOf } from '../support/manifests/shop-tree';

const root = join(__dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

test('the output in the README is what the command prints', async () => {
  const { files, sops, key } = await runbook();
  const repo = written({
    ...files,
    [ZITADEL_FILE]: sops.yaml({ ...ZITADEL_SECRET, stringData: { masterkey: `${MASTERKEY}\n` } }),
  });
  const args = ['--import', 'tsx', 'src/cli/command.ts', 'check-secrets', '--repo', repo, '--recipient', key.recipient];
  const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  const [, shown] = /## Check the secrets in CI[^]*?```text\n([^]*?)\n```/.exec(readme)!;
  for (const part of shown!.split('\n…\n')) expect(stdout).toContain(part);
});

test.each(['check-secrets', 'plan'])('the README names every option of %s', (command) => {
  const help = execFileSync(process.execPath, ['--import', 'tsx', 'src/cli/command.ts', command, '--help'], {
    cwd: root,
    encoding: 'utf8',
  });
  const options = [...help.matchAll(/^ {2}(--[\w-]+)/gm)].map(([, option]) => option!);
  expect(options.length).toBeGreaterThan(5);
  expect(options.filter((option) => !readme.includes(option))).toEqual([]);
});

test('the plan in the README is what the command prints', () => {
  const reader = new TreeReader();
  const base = reader.read(join(root, 'dist/identity-internal'), '--base');
  const files = Object.fromEntries(base.files);
  // As synth would write it with daily: 3.
  const backup = edited(
    files,
    'CronJob.zitadel-db-backup.yaml',
    [/(KEEP_DAILY\n +value: )"7"/, '$1"3"'],
    ['7 daily', '3 daily'],
  );
  const head = treeOf('head', edited(backup, 'RUNBOOK.md', ['7 daily', '3 daily']));
  const made = plan(base, head, { now: Date.UTC(2026, 10, 24, 1), dumpSize: 4 * 2 ** 30 });
  const [, shown] = /## Review a pull request[^]*?```text\n([^]*?)\n```/.exec(readme)!;
  expect(shown).toBe(textReport(made, { color: false, columns: 120 }));
});
