import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const root = join(__dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

test('the changelog is as its tool writes it, and what is not released yet is on top', () => {
  const written = execFileSync('node_modules/.bin/changelog', ['--dry-run'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  expect(`${written.trimEnd()}\n`).toBe(read('CHANGELOG.md'));
  expect(/^## .*$/m.exec(read('CHANGELOG.md'))![0]).toMatch(/^## (\[?Unreleased|\[\d)/);
});

describe('the workflows', () => {
  const workflows = Object.fromEntries(
    readdirSync(join(root, '.github/workflows')).map((file) => [file, parse(read(`.github/workflows/${file}`))]),
  );
  type Job = {
    readonly needs?: string;
    readonly uses?: string;
    readonly permissions?: object;
    readonly steps?: { readonly run?: string }[];
  };
  const jobs = Object.values(workflows).flatMap((workflow) => Object.values<Job>(workflow.jobs));

  test('run only npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json'));
    const named = jobs
      .flatMap((job) => job.steps ?? [])
      .flatMap(({ run }) => [...(run ?? '').matchAll(/npm run (?:-s )?([\w:]+)/g)].map(([, task]) => task!));
    expect(named).toContain('synth');
    expect(named.filter((task) => !(task in scripts))).toEqual([]);
  });

  test('may write nothing but the plan of a pull request, and where the package comes from', () => {
    const permissions = Object.entries(workflows).flatMap(([file, workflow]) =>
      [workflow, ...Object.values<Job>(workflow.jobs)].flatMap((owner) =>
        Object.entries(owner.permissions ?? {})
          .filter(([, access]) => access !== 'read')
          .map(([scope, access]) => `${file}: ${scope}: ${access}`),
      ),
    );
    expect(permissions).toEqual(['backup-plan.yaml: pull-requests: write', 'release.yaml: id-token: write']);
    expect(Object.values(workflows).map((workflow) => workflow.permissions?.contents)).toEqual(
      Object.values(workflows).map(() => 'read'),
    );
  });

  test('publish only what the tests of the CI have passed', () => {
    const { test: tests, publish } = workflows['release.yaml'].jobs as Record<string, Job>;
    expect(publish!.needs).toBe('test');
    expect(tests!.uses).toBe('./.github/workflows/ci.yaml');
    expect(workflows['ci.yaml'].on).toHaveProperty('workflow_call');
    expect(jobs.flatMap((job) => job.steps ?? []).filter(({ run }) => run?.includes('npm publish'))).toEqual([
      publish!.steps!.at(-1),
    ]);
  });
});

test('Renovate finds the images in the sources', () => {
  const managers: { readonly managerFilePatterns: string[]; readonly matchStrings: string[] }[] = JSON.parse(
    read('renovate.json'),
  ).customManagers;
  const files = [
    'docs/restore.md',
    ...readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).map((file) => `src/${file}`),
  ];
  const found = managers.flatMap(({ managerFilePatterns, matchStrings }) =>
    files
      .filter((file) => managerFilePatterns.some((pattern) => new RegExp(pattern.slice(1, -1)).test(file)))
      .flatMap((file) =>
        matchStrings.flatMap((regex) =>
          [...read(file).matchAll(new RegExp(regex, 'g'))].map(([text]) => `${file}: ${text}`),
        ),
      ),
  );
  const images = files
    .filter((file) => file.startsWith('src/identity-internal/') && file.endsWith('.ts'))
    .flatMap((file) => [...read(file).matchAll(/PostgresImage\.\w+\(/g)].map(() => file));
  expect(found.filter((hit) => hit.startsWith('src/identity-internal/'))).toHaveLength(images.length);
  expect(images.length).toBeGreaterThan(0);
  expect(found.filter((hit) => hit.startsWith('src/restore/quiesce.ts'))).toHaveLength(
    [...read('src/restore/quiesce.ts').matchAll(/alpine\/kubectl:/g)].length,
  );
  expect(found.some((hit) => hit.startsWith('docs/restore.md: alpine/kubectl:'))).toBe(true);
});
