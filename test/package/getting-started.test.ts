import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { atEndOfFile } from '../support/machine/leftovers';
import { freshFolder } from '../support/machine/run-folder';
import { blockOf } from '../support/manifests/pages';
import { ToType } from '../support/manifests/typed-commands';
import { pack } from '../support/manifests/packed';

const root = join(__dirname, '../..');
const pages = new ToType(__filename);

/** Types commands in a shell, in an empty folder at first; returns what they print. */
let type: (commands: string) => string;
let folder: string;

beforeAll(() => {
  folder = freshFolder('newcomer');
  atEndOfFile(() => rmSync(folder, { recursive: true }));
  const archives = freshFolder('archive');
  atEndOfFile(() => rmSync(archives, { recursive: true }));
  const env = {
    ...process.env,
    ARCHIVE: pack(archives).archive,
    CDK8S_CHECK_UPGRADE: 'false',
    GIT_AUTHOR_NAME: 'A newcomer',
    GIT_AUTHOR_EMAIL: 'newcomer@example.com',
    GIT_COMMITTER_NAME: 'A newcomer',
    GIT_COMMITTER_EMAIL: 'newcomer@example.com',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_prefer_offline: 'true',
  };
  type = (commands) =>
    execFileSync('bash', ['-euc', commands], { cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
});

test('a newcomer gets from an empty folder to manifests by what the page says', () => {
  type(pages.take('docs/getting-started.md', 'npm init'));
  writeFileSync(join(folder, 'main.ts'), blockOf('README.md', 'ts', 'new KustomizedApp'));
  writeFileSync(join(folder, 'cdk8s.yaml'), blockOf('docs/getting-started.md', 'yaml', 'validations:'));
  const listed = type(pages.take('docs/getting-started.md', 'npx cdk8s synth'));
  expect(listed).toContain('CronJob.shop-db-restore.yaml');
  expect(readdirSync(join(folder, 'dist/shop'))).toEqual(expect.arrayContaining(['RUNBOOK.md', 'kubectl-pgbackup']));
  // The policies were asked, and have no error.
  expect(type('npx cdk8s synth 2>&1')).toContain('Validations ended succesfully');
  expect(type(`${pages.take('docs/escape-hatches.md')} 2>&1`)).not.toContain('Validations');
});

test('the manifests are committed by what the README says', () => {
  type('cp "$ARCHIVE" .'); // the README has it in the folder
  type(pages.take('README.md', 'npx cdk8s synth'));
  expect(type('git show --name-only --format=%s').split('\n')).toEqual(
    expect.arrayContaining(['Back up the shop', 'main.ts', 'dist/shop/CronJob.shop-db-backup.yaml']),
  );
});

test('the database of the page is the one that the manifests back up', () => {
  const made = parseAllDocuments(blockOf('docs/getting-started.md', 'yaml', 'kind: StatefulSet')).map((document) =>
    document.toJS(),
  );
  const of = (kind: string) => made.find((object) => object.kind === kind);
  const read = (file: string) => parse(readFileSync(join(folder, 'dist/shop', file), 'utf8'));
  const claim = read('PersistentVolumeClaim.shop-backup.yaml');
  const backup = read('CronJob.shop-db-backup.yaml');
  const [container] = backup.spec.jobTemplate.spec.template.spec.containers;
  const env = Object.fromEntries(
    container.env.map(({ name, value, valueFrom }: { name: string; value: string; valueFrom: object }) => [
      name,
      value ?? valueFrom,
    ]),
  );

  expect(claim.metadata.namespace).toBe(of('Namespace').metadata.name);
  expect(of('PersistentVolume').spec).toMatchObject({
    accessModes: claim.spec.accessModes,
    capacity: claim.spec.resources.requests,
    storageClassName: claim.spec.storageClassName,
  });
  expect(env.PGHOST).toBe(of('Service').metadata.name);
  expect(env.PGPASSWORD.secretKeyRef).toMatchObject({ name: of('Secret').metadata.name, key: 'password' });
  expect(Object.keys(of('Secret').stringData)).toEqual(['password']);
  const [server] = of('StatefulSet').spec.template.spec.containers;
  expect(server.image).toBe(container.image);
  expect(server.env[0]).toEqual({ name: 'POSTGRES_DB', value: env.PGDATABASE });
});

test('the README says how to install as the page does', () => {
  const lines = (text: string): string[] =>
    text
      .replaceAll(/"\$ARCHIVE"|\.\/\S+\.tgz/g, '…')
      .trim()
      .split('\n');
  const page = lines(blockOf('docs/getting-started.md', 'sh', 'npm init'));
  expect(lines(pages.take('README.md', 'npm install'))).toEqual(page.slice(-2));
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain('docs/getting-started.md');
});

test('every block of commands that is to be typed here was typed', () => {
  expect(pages.left).toEqual([]);
});
