import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { atEndOfFile } from '../support/machine/leftovers';
import { freshFolder } from '../support/machine/run-folder';
import { toolbox } from '../support/machine/toolbox';
import { blockOf } from '../support/manifests/pages';
import type { Manifest } from '../support/manifests/synth';
import { Instance } from '../support/pods/instance';
import { PostgresServer } from '../support/postgres/postgres-server';
import { RunbookCluster } from '../support/runbook/runbook-cluster';
import { RunbookShell } from '../support/runbook/runbook-shell';

const root = join(__dirname, '../..');
const PAGE = 'docs/getting-started.md';

/** What synth writes for the program of the README. */
function synthesized(): Manifest[] {
  const folder = freshFolder('newcomer');
  atEndOfFile(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'node_modules'));
  for (const name of ['cdk8s', 'cdk8s-plus-28', 'constructs']) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
  const program = blockOf('README.md', 'ts', 'new KustomizedApp');
  writeFileSync(join(folder, 'main.ts'), program.replace("'cdk8s-postgres-backup'", `'${join(root, 'src/index')}'`));
  execFileSync(process.execPath, ['--import', require.resolve('tsx'), 'main.ts'], { cwd: folder });
  return readdirSync(join(folder, 'dist/shop'))
    .filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml')
    .map((file) => parse(readFileSync(join(folder, 'dist/shop', file), 'utf8')));
}

(toolbox().kubectl === null ? test.skip : test)(
  'a newcomer gets from manifests to a restored and drilled database by what the page says',
  async () => {
    const server = await PostgresServer.start();
    const manifests = synthesized();
    const instance = new Instance(server, 'busybox', manifests);
    const claim = manifests.find(({ kind }) => kind === 'PersistentVolumeClaim')!;
    const bound = { ...claim, spec: { ...claim.spec, volumeName: 'shop-nas' }, status: { phase: 'Bound' } };
    const others = parseAllDocuments(blockOf(PAGE, 'yaml', 'kind: StatefulSet')).map((document) => document.toJS());
    const objects = [...others, ...manifests.map((manifest) => (manifest === claim ? bound : manifest))];
    const cluster = new RunbookCluster(objects as Manifest[], (job) => instance.startJob(job));
    const shell = new RunbookShell(await cluster.open());
    server.sql('postgres', 'CREATE DATABASE shop');

    /** What psql does is done on the server, and what makes the cluster is there already. */
    const type = async (block: string): Promise<string> => {
      let output = '';
      for (const line of block.trim().split('\n')) {
        const [, sql] =
          /^kubectl -n shop exec statefulset\/shop-db -- psql -U postgres -d shop -\w*c '(.*)'$/.exec(line) ?? [];
        if (sql !== undefined) output += `${server.sql('shop', sql)}\n`;
        else if (/^kubectl pgbackup /.test(line)) {
          const typed = await shell.type([line]);
          expect(`${line}: ${typed.status}`).toBe(`${line}: 0`);
          output += typed.output;
        } else expect(line).toMatch(/^(kubectl apply -|export PATH=|kubectl -n shop rollout status)/);
      }
      return output;
    };
    try {
      await type(blockOf(PAGE, 'sh', 'CREATE TABLE orders'));
      expect(await type(blockOf(PAGE, 'sh', 'pgbackup -n shop backup'))).toContain('is complete and verified');
      expect(await type(blockOf(PAGE, 'sh', 'DROP TABLE orders'))).toMatch(/\n1000\n$/);
      expect(await type(blockOf(PAGE, 'sh', 'pgbackup -n shop drill'))).toContain('verdict: proven');
    } finally {
      await cluster.close();
      await server.stop();
    }
  },
);
