import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { blockOf } from '../support/manifests/pages';
import { pack } from '../support/manifests/packed';
import { ToType } from '../support/manifests/typed-commands';
import { atEndOfFile } from '../support/machine/leftovers';
import { freshFolder } from '../support/machine/run-folder';
import { type Outcome, typeInTerminal } from '../support/machine/terminal';
import { eventually, isThere, kubectl, must, onNode, OURS, SHARE, unguard } from './cluster';

// A newcomer goes through docs/getting-started.md, and goes on in the same world with the commands of the other pages.
// What is an example on a page, such as the name of a dump, is replaced by one of now.

const GETTING_STARTED = 'docs/getting-started.md';
const GUARD = 'shop-guard';
const IMAGE = 'postgres:17.2-alpine';
/** The folder of the node that stands for the NAS; no run finds the dumps of another. */
const NAS = `${SHARE}-pages-${Date.now().toString(36)}`;
/** Milliseconds, for one block. */
const LIMIT = 280_000;

const pages = new ToType(__filename);
let folder: string;
let home: string;
let env: NodeJS.ProcessEnv;
/** The newest dump. */
let dump: string;
/** Whether commands have failed that others rest on. */
let isBroken = false;

const day = (offset: number): string => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
const ofNow = (commands: string): string =>
  commands
    .replaceAll(/\b(shop|zitadel)-\d{8}-\d{6}\b/g, dump)
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, `${new Date().toISOString().slice(0, 19)}Z`)
    .replaceAll(/\buntil \d{4}-\d\d-\d\d\b/g, `until ${day(1)}`);

/** Types commands as they are, and returns how they end. */
async function typed(commands: string): Promise<Outcome> {
  if (isBroken) throw new Error('Commands before these have failed.');
  const outcome = await typeInTerminal(commands, { shell: 'bash', cwd: folder, env, limit: LIMIT });
  dump = [...outcome.output.matchAll(/(shop-\d{8}-\d{6})\.dump is complete/g)].at(-1)?.[1] ?? dump;
  return outcome;
}

/** Types the commands of a page that have these words, which must succeed, and returns what they print. */
async function type(page: string, words?: string): Promise<string> {
  let printed = '';
  for (const commands of pages.takeAll(page, words)) {
    const { status, output } = await typed(ofNow(commands));
    isBroken = status !== 0;
    if (isBroken) throw new Error(`${page}: ${commands}\nended with status ${status}:\n${output}`);
    printed += output;
  }
  return printed;
}

const inShop = (...args: string[]): string => must(['-n', 'shop', ...args]);
const sql = (database: string, text: string): string =>
  inShop('exec', 'shop-db-0', '--', 'psql', '-U', 'postgres', '-d', database, '-XAtc', text);
const count = (): string => sql('shop', 'SELECT count(*) FROM orders');
const isLost = (): boolean => sql('shop', "SELECT to_regclass('orders') IS NULL") === 't';
const lose = (): string => sql('shop', 'DROP TABLE orders');
/** The dumps, as programs read them. */
const list = async (): Promise<{ dump: string; heldUntil: string | null; label: string | null }[]> =>
  JSON.parse((await typed('kubectl pgbackup -n shop list -o json 2>/dev/null')).output);

/** Takes away what is here of this run, or of one that was broken off. */
async function clear(): Promise<void> {
  if (kubectl(['get', 'validatingadmissionpolicybinding', GUARD]).status === 0) unguard(GUARD);
  const gone = ['delete', 'namespace', 'shop', '--ignore-not-found', '--timeout=240s'];
  await eventually('the namespace is gone', () => kubectl(gone).status === 0); // a guard is in force for a moment more
  must(['delete', 'persistentvolume', 'shop-nas', '--ignore-not-found']);
}

beforeAll(async () => {
  isThere('shop');
  await clear();
  folder = freshFolder('newcomer');
  home = freshFolder('home');
  const archives = freshFolder('archive');
  for (const made of [folder, home, archives]) atEndOfFile(() => rmSync(made, { recursive: true }));
  const config = join(home, 'config');
  writeFileSync(config, must(['config', 'view', '--raw', '--flatten']), { mode: 0o600 });
  env = {
    ...process.env,
    KUBECONFIG: config,
    ARCHIVE: pack(archives).archive,
    CDK8S_CHECK_UPGRADE: 'false',
    npm_config_cache: process.env.npm_config_cache ?? join(homedir(), '.npm'),
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_prefer_offline: 'true',
  };
});
afterAll(async () => {
  await clear();
  onNode(IMAGE, NAS, 'rm -rf /share/*');
});

describe('getting started', () => {
  test('from an empty folder to manifests', async () => {
    await type(GETTING_STARTED, 'npm init');
    writeFileSync(join(folder, 'main.ts'), blockOf('README.md', 'ts', 'new KustomizedApp'));
    writeFileSync(join(folder, 'cdk8s.yaml'), blockOf(GETTING_STARTED, 'yaml', 'validations:'));
    expect(await type(GETTING_STARTED, 'npx cdk8s synth')).toContain('kubectl-pgbackup');
  });

  test('a cluster with a database', async () => {
    onNode(IMAGE, NAS, 'chmod 777 /share');
    const world = blockOf(GETTING_STARTED, 'yaml', 'kind: StatefulSet');
    expect(world).toContain('path: /var/nas,');
    writeFileSync(join(folder, 'shop.yaml'), world.replace('/var/nas', NAS));
    await type(GETTING_STARTED, 'kubectl apply -f shop.yaml');
    must(['label', 'namespace', 'shop', `${OURS}=yes`]);
    expect(count()).toBe('1000');
  });

  test('a backup, a loss and a restore, which undo takes back', async () => {
    expect(await type(GETTING_STARTED, 'pgbackup -n shop backup')).toMatch(/^shop-\d{8}-\d{6} .* yes /m);
    env.PATH = `${folder}/dist/shop:${process.env.PATH}`;
    expect(await type(GETTING_STARTED, 'DROP TABLE orders')).toMatch(/\n1000\n$/);
    await type(GETTING_STARTED, 'undo');
    expect(isLost()).toBe(true);
  });

  test('a drill', async () => {
    const printed = await type(GETTING_STARTED, 'pgbackup -n shop drill');
    expect(printed).toContain('verdict: proven');
    expect(printed).not.toContain('RED');
  });
});

test('README: a restore of a moment brings back what was lost, and undo goes back', async () => {
  await type('README.md', 'pgbackup -n shop restore');
  expect(count()).toBe('1000');
  await type('README.md', 'pgbackup -n shop undo');
  expect(isLost()).toBe(true);
  await typed('kubectl pgbackup -n shop undo --yes');
  expect(count()).toBe('1000');
});

test('backup.md: a backup with a hold and a label has both, with the plugin and without', async () => {
  await type('docs/backup.md');
  const labelled = (await list()).filter(({ label }) => label === 'before-upgrade-v5');
  expect(labelled.map(({ heldUntil }) => heldUntil?.slice(0, 10))).toEqual([day(30), day(30)]);
});

test('drill.md: a drill of the dump that is named', async () => {
  expect(await type('docs/drill.md')).toContain(`"dump": "${dump}"`);
});

test('retention.md: a hold, and its end', async () => {
  await type('docs/retention.md');
  expect((await list()).find((one) => one.dump === dump)).toMatchObject({ heldUntil: null });
});

test('least-privilege.md: a restore has all the rights that it needs', async () => {
  expect(await type('docs/least-privilege.md')).toContain(`a restore of ${dump}.dump would begin`);
});

test.each([
  ['with the plugin, after a rehearsal', 'pgbackup'],
  ['without it', 'create job'],
])('restore.md: a restore %s brings back what was lost', async (_, words) => {
  lose();
  await type('docs/restore.md', words);
  // The log ends a moment before the Job.
  if (words === 'create job') inShop('wait', 'job/restore-1', '--for=condition=Complete', '--timeout=120s');
  expect(count()).toBe('1000');
});

describe('operations.md', () => {
  beforeAll(() => {
    // What the page takes for granted: a folder of PATH, a namespace of the context, and a dump of yesterday.
    mkdirSync(join(home, '.local/bin'), { recursive: true });
    env = { ...env, HOME: home, PATH: `${home}/.local/bin:${process.env.PATH}` };
    must(['--kubeconfig', env.KUBECONFIG!, 'config', 'set-context', '--current', '--namespace=shop']);
    const yesterday = `shop-${day(-1).replaceAll('-', '')}-020000`;
    onNode(
      IMAGE,
      NAS,
      `cd /share/shop
       for file in ${dump}.{dump,dump.sha256,json,globals.sql}; do cp -a "$file" "\${file/${dump}/${yesterday}}"; done
       sed -i s/${dump}/${yesterday}/ ${yesterday}.dump.sha256`,
    );
    dump = yesterday; // one that stays after the next backup
  });

  test('the plugin is installed, and completes', async () => {
    await type('docs/operations.md', 'install -m 755');
    expect(statSync(join(home, '.local/bin/kubectl_complete-pgbackup')).mode & 0o111).toBe(0o111);
    expect((await typed("kubectl __complete pgbackup ''")).output).toContain('drop-previous');
  });

  test('what looks at things', async () => {
    expect(await type('docs/operations.md', 'pgbackup status')).toContain('GREEN');
    await type('docs/operations.md', 'pgbackup usage');
  });

  test('what backs up, holds and proves', async () => {
    await type('docs/operations.md', 'pgbackup drill');
  });

  test('what restores: a restore, a cutover, the way back, and no former database at the end', async () => {
    lose();
    await type('docs/operations.md', 'pgbackup restore --before');
    expect(count()).toBe('1000');
    expect(sql('postgres', "SELECT datname FROM pg_database WHERE datname LIKE 'shop\\_%'")).toBe('');
  });
});

test('gitops.md: applying the folder by kubectl starts no Job', async () => {
  const jobs = (): string => inShop('get', 'jobs', '-o', 'name');
  const before = jobs();
  await type('docs/gitops.md');
  expect(jobs()).toBe(before);
});

describe('guard.md', () => {
  const [prove, allow, remove] = ['kubectl delete namespace', 'kubectl annotate', 'for kind in'];
  const claimIsKept = (): boolean =>
    kubectl(['-n', 'shop', 'delete', 'pvc', 'shop-backup', '--dry-run=server']).stderr.includes('is protected by');

  test('the namespace is not deleted while the guard is there, a claim is that may be, and all is without the guard', async () => {
    const guard = blockOf('docs/guard.md', 'ts', 'new NamespaceGuard').replace(
      '(chart,',
      "(new Chart(app, 'shop-guard'),",
    );
    const program = blockOf('README.md', 'ts', 'new KustomizedApp')
      .replace('KustomizedApp,', 'KustomizedApp, NamespaceGuard,')
      .replace('app.synth();', `${guard}\napp.synth();`);
    writeFileSync(join(folder, 'main.ts'), program);
    expect(await typed('npx cdk8s synth && kubectl apply -k dist/shop-guard')).toMatchObject({ status: 0 });
    await eventually('the guard is in force', claimIsKept);

    const proof = pages.take('docs/guard.md', prove);
    const { status, output } = await typed(proof);
    expect(output).toContain('not deleted: shop is protected by shop-guard');
    expect(status).not.toBe(0);
    await type('docs/guard.md', allow);
    expect(claimIsKept()).toBe(false);
    expect(await typed(proof)).toMatchObject({ output: expect.stringContaining('is protected by shop-guard') });
    await type('docs/guard.md', remove);
    await eventually(
      'nothing is guarded',
      () => kubectl(['delete', 'namespace', 'shop', '--dry-run=server']).status === 0,
    );
  });
});

test('every block of commands that is to be typed here was typed', () => {
  expect(pages.left).toEqual([]);
});
