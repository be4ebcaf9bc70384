import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');

test('imports/ is what `npm run import` generates from crds/', () => {
  const folder = mkdtempSync(join(tmpdir(), 'imports-'));
  try {
    execFileSync('node_modules/.bin/cdk8s', ['import', '--output', folder], {
      cwd: root,
      env: { ...process.env, CDK8S_CHECK_UPGRADE: 'false' },
      stdio: 'ignore',
    });
    const texts = (of: string) => readdirSync(of).map((file) => [file, readFileSync(join(of, file), 'utf8')]);
    expect(texts(join(root, 'imports'))).toEqual(texts(folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
