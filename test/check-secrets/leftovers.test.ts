import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kubectlFolder } from '../support/secrets/check';
import { dist } from '../support/secrets/expected-list';
import { type Files, secret, written } from '../support/secrets/flux-repo';
import { kustomization } from '../support/secrets/monorepo';
import { eventually } from '../support/machine/eventually';

const root = join(__dirname, '../..');
const REPO = {
  'app/kustomization.yaml': kustomization({ resources: ['s.yaml'] }),
  'app/s.yaml': 'kind: Secret # shop',
};
const GOOD = JSON.stringify(secret('shop', { key: 'x' }));
const EXPECTED = [{ secret: 'shop', key: 'key' }];

const commandOn = (repo: Files): string[] => [
  ...['--import', 'tsx', 'src/cli/command.ts', 'check-secrets'],
  ...['--repo', written(repo), '--dist', dist(EXPECTED)],
];

/** The command from its beginning to its end; the system's TMPDIR is not that of a test. */
function run(repo: Files, temporary: string): string {
  const env = { ...process.env, TMPDIR: temporary, PATH: kubectlFolder()! };
  return spawnSync(process.execPath, commandOn(repo), { cwd: root, env, encoding: 'utf8' }).stdout;
}

/** The command in the middle of a build, with a kustomize that waits until it is let go, and a group of its own. */
async function building(): Promise<{ command: ChildProcess; temporary: string; letGo: () => void }> {
  const [temporary, tools] = [written({}), written({ kustomize: '' })];
  const gate = join(tools, 'gate');
  const program = join(tools, 'kustomize');
  writeFileSync(program, `#!/bin/sh\nwhile ! [ -e ${gate} ]; do /bin/sleep 0.05; done\nexit 1\n`);
  chmodSync(program, 0o755);
  const env = { ...process.env, TMPDIR: temporary, PATH: tools };
  const command = spawn(process.execPath, commandOn(REPO), { cwd: root, env, detached: true });
  await eventually('a copy to build', () => copiesIn(temporary).length > 0);
  return { command, temporary, letGo: () => writeFileSync(gate, '') };
}

function copiesIn(temporary: string): string[] {
  return readdirSync(temporary).filter((name) => name.startsWith('check-secrets-'));
}

test('Ctrl-C ends the command at once, and leaves no copy of the files behind', async () => {
  const { command, temporary, letGo } = await building();
  const ended = once(command, 'exit');
  process.kill(-command.pid!, 'SIGINT');
  const [status] = (await ended) as [number | null];
  expect(copiesIn(temporary)).toEqual([]);
  expect(status).toBe(130);
  letGo();
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s to the command alone leaves no copy behind, and its status tells of it', async (signal, status) => {
  const { command, temporary, letGo } = await building();
  const ended = once(command, 'exit');
  command.kill(signal);
  letGo();
  const [told] = (await ended) as [number | null];
  expect(copiesIn(temporary)).toEqual([]);
  expect(told).toBe(status);
});

const withKubectl = kubectlFolder() === null ? test.skip : test;

withKubectl('a build that succeeds and a build that fails leave no copy behind', () => {
  const temporary = written({});
  expect(run({ ...REPO, 'app/s.yaml': GOOD }, temporary)).not.toContain('kustomize-failed');
  expect(run(REPO, temporary)).toContain('kustomize-failed');
  expect(copiesIn(temporary)).toEqual([]);
});

withKubectl('what a killed command has left behind is removed by a later one, and nothing that may be in use', () => {
  const temporary = written({});
  for (const [name, hours] of [
    ['check-secrets-aaaaaa', 2],
    ['check-secrets-bbbbbb', 0],
    ['other', 2],
  ] as const) {
    mkdirSync(join(temporary, name));
    const time = Date.now() / 1000 - hours * 3600;
    utimesSync(join(temporary, name), time, time);
  }
  run(REPO, temporary);
  expect(readdirSync(temporary)).toEqual(expect.arrayContaining(['check-secrets-bbbbbb', 'other']));
  expect(readdirSync(temporary)).not.toContain('check-secrets-aaaaaa');
});
