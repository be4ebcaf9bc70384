import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { written } from '../support/secrets/flux-repo';
import { edited, shop } from '../support/manifests/shop-tree';

const root = join(__dirname, '../..');
const BACKUP = 'CronJob.shop-db-backup.yaml';
const yaml = (path: string): Record<string, never> => parse(readFileSync(join(root, '.github', path), 'utf8'));

/** Stands for GitHub: notes each call with what it sends, and answers with the comment that is there. */
const GH = `#!/bin/sh
echo "$*" >>"$CALLS"
for argument; do case $argument in body=@*) cat "\${argument#body=@}" >>"$CALLS" ;; esac; done
case $* in *--paginate*) echo "1 Hello"; [ -z "$KNOWN" ] || echo "$KNOWN <!-- backup plan of dist -->" ;; esac
`;

/** A merge of a pull request, as actions/checkout leaves it. */
function pullRequest(before: Record<string, string> | undefined, after: Record<string, string>): string {
  const repo = written({ 'README.md': 'A repo\n' });
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', repo, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  const write = (files: Record<string, string>): void => {
    rmSync(join(repo, 'dist'), { recursive: true, force: true });
    mkdirSync(join(repo, 'dist'));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(repo, 'dist', file), text);
  };
  git('init', '--quiet', '--initial-branch', 'main');
  if (before !== undefined) write(before);
  git('add', '.');
  git('commit', '--quiet', '--message', 'Before');
  git('checkout', '--quiet', '-b', 'change');
  write(after);
  git('add', '.');
  git('commit', '--quiet', '--message', 'After');
  git('checkout', '--quiet', 'main');
  git('merge', '--quiet', '--no-ff', '--message', 'Merge', 'change');
  return repo;
}

function step(
  repo: string,
  env: NodeJS.ProcessEnv = {},
): { status: number | null; calls: string; summary: string; output: string } {
  const folder = written({ 'bin/gh': GH });
  chmodSync(join(folder, 'bin/gh'), 0o755);
  const { status, stdout, stderr } = spawnSync('sh', [join(root, '.github/backup-plan/plan.sh')], {
    cwd: repo,
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
      CALLS: join(folder, 'calls'),
      KNOWN: '',
      GITHUB_STEP_SUMMARY: join(folder, 'summary'),
      FOLDER: 'dist',
      COMMAND: `${process.execPath} --import ${require.resolve('tsx')} ${join(root, 'src/cli/command.ts')}`,
      DUMPS: '',
      FAIL_ON: '',
      PULL_REQUEST: '7',
      GITHUB_REPOSITORY: 'ada/flux',
      RUNNER_TEMP: folder,
      ...env,
    },
  });
  return {
    status,
    calls: readFileSync(join(folder, 'calls'), 'utf8'),
    summary: readFileSync(join(folder, 'summary'), 'utf8'),
    output: stdout + stderr,
  };
}

const fewer = edited(shop(), BACKUP, [/(KEEP_DAILY\n +value: )"7"/, '$1"3"']);

test('a pull request gets a comment, and the summary has it too', () => {
  const { status, calls, summary } = step(pullRequest(shop(), fewer));
  expect(calls).toContain('api --silent --method POST repos/ada/flux/issues/7/comments');
  expect(calls).toMatch(/<!-- backup plan of dist -->\n### Risk: high\. Deletes \d restore points/);
  expect(summary).toContain('### Risk: high.');
  expect(status).toBe(0);
});

test('the comment that is there is changed, and the step fails when it is told to', () => {
  const { status, calls } = step(pullRequest(shop(), fewer), { KNOWN: '4711', FAIL_ON: 'error' });
  expect(calls).toContain('--method PATCH repos/ada/flux/issues/comments/4711');
  expect(status).toBe(1);
});

test('the size of a dump and the last run reach the plan as they are', () => {
  const repo = pullRequest(
    shop(),
    edited(
      shop(),
      BACKUP,
      [/(KEEP_DAILY\n +value: )"7"/, '$1"9"'],
      ['activeDeadlineSeconds: 21600', 'activeDeadlineSeconds: 1800'],
    ),
  );
  const { calls } = step(repo, { DUMP_SIZE: '3Gi', LAST_RUN: '2400' });
  expect(calls).toContain('a dump has 3 GiB, as --dump-size says');
  expect(calls).toContain('40 min');
});

test('the first manifests of a repo are new', () => {
  const { status, calls } = step(pullRequest(undefined, shop()));
  expect(calls).toContain('The database shop is backed up');
  expect(status).toBe(0);
});

test('the workflow may read the repo and write comments, and nothing else', () => {
  const { permissions, jobs } = yaml('workflows/backup-plan.yaml') as unknown as {
    permissions: object;
    jobs: { plan: { permissions?: object; steps: { uses?: string; with?: Record<string, string> }[] } };
  };
  expect(permissions).toEqual({ contents: 'read', 'pull-requests': 'write' });
  expect(jobs.plan.permissions).toBeUndefined();
  const { inputs, runs } = yaml('backup-plan/action.yaml') as unknown as {
    inputs: object;
    runs: { steps: { run: string }[] };
  };
  const used = jobs.plan.steps.find(({ uses }) => uses === './.github/backup-plan')!.with!;
  expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(used)));
  // What a pull request may contain never becomes part of a command.
  expect(runs.steps.map(({ run }) => run).join('\n')).not.toContain('${{');
});
