import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { atEndOfFile } from './support/leftovers';
import { freshFolder } from './support/run-folder';

const root = join(__dirname, '..');

test('the packed package, installed in an empty folder, has the command and the plugin, and both run', () => {
  const folder = freshFolder('package');
  atEndOfFile(() => rmSync(folder, { recursive: true }));
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root, stdio: 'ignore' });
  const [archive] = readdirSync(folder);
  // The command needs none of the peers, which are large.
  const install = ['install', '--silent', '--prefer-offline', '--legacy-peer-deps', '--no-audit', '--no-fund', `./${archive}`];
  execFileSync('npm', install, { cwd: folder, stdio: 'ignore' });

  const command = spawnSync(join(folder, 'node_modules/.bin/cdk8s-postgres-backup'), ['check-secrets', '--repo', folder, '--dist', join(root, 'dist')],
    { cwd: folder, encoding: 'utf8' });
  expect(command.stdout).toContain('secret-missing');
  expect(command.stderr).toBe('');
  expect(command.status).toBe(1);

  // The Markdown comes from a module that is loaded only then.
  const dist = join(root, 'dist');
  expect(spawnSync(join(folder, 'node_modules/.bin/cdk8s-postgres-backup'), ['plan', '--base', dist, '--head', dist, '--markdown'], { cwd: folder, encoding: 'utf8' }))
    .toMatchObject({ stdout: `### No change: ${dist} has what ${dist} has\n`, stderr: '', status: 0 });

  const plugin = 'console.log(typeof new (require("cdk8s-postgres-backup/backup-policies").BackupPolicies)().validate)';
  expect(execFileSync(process.execPath, ['-e', plugin], { cwd: folder, encoding: 'utf8' })).toBe('function\n');
});
