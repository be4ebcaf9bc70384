import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MASTERKEY, runbook, written, ZITADEL_FILE, ZITADEL_SECRET } from '../support/flux-repo';

const root = join(__dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

test('the output in the README is what the command prints', async () => {
  const { files, sops, key } = await runbook();
  const repo = written({ ...files, [ZITADEL_FILE]: sops.yaml({ ...ZITADEL_SECRET, stringData: { masterkey: `${MASTERKEY}\n` } }) });
  const args = ['--import', 'tsx', 'src/cli/main.ts', 'check-secrets', '--repo', repo, '--recipient', key.recipient];
  const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  const [, shown] = /## Check the secrets in CI[^]*?```text\n([^]*?)\n```/.exec(readme)!;
  for (const part of shown!.split('\n…\n')) expect(stdout).toContain(part);
});

test('the README names every option', () => {
  const help = execFileSync(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', 'check-secrets', '--help'], { cwd: root, encoding: 'utf8' });
  const options = [...help.matchAll(/^ {2}(--\w+)/gm)].map(([, option]) => option!);
  expect(options.length).toBeGreaterThan(5);
  expect(options.filter((option) => !readme.includes(option))).toEqual([]);
});
