import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clusterObjects, declaredNames } from '../support/runbook/runbook-objects';
import { commandsOf, danglingLinks, incidentsOf, sectionsOf } from '../support/runbook/runbook-page';

const page = readFileSync(join(__dirname, '../../dist/identity-internal/RUNBOOK.md'), 'utf8');
const sections = sectionsOf(page);
const external = declaredNames();

test('each block of commands is whole', () => {
  const blocks = sections.flatMap((section) => section.blocks);
  expect(blocks.length).toBeGreaterThan(35);
  for (const block of blocks)
    expect(spawnSync('sh', ['-n'], { input: block, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  expect(new Set([...page.matchAll(/^```(\w+)$/gm)].map(([, language]) => language))).toEqual(new Set(['sh']));
});

test('what flux is told has the form of its manual, and names what is declared', () => {
  const commands = commandsOf('flux', sections);
  expect(commands.length).toBeGreaterThan(15);
  // https://fluxcd.io/flux/cmd/: flux cannot be installed everywhere, and the form is all that can be looked at without
  // it.
  const form =
    /^flux (?:(suspend|resume) (kustomization|helmrelease) (\S+) -n (\S+)|reconcile (?:(kustomization) (\S+) -n (\S+) --with-source|(helmrelease) (\S+) -n (\S+) --force)|get (kustomizations|helmreleases) -n (\S+))$/;
  for (const command of commands) {
    const [, , ...parts] = form.exec(command) ?? [];
    const [kind, ...name] = parts.filter((part) => part !== undefined);
    const named = external.map((object) => [object.kind.toLowerCase(), object.name, object.namespace]);
    expect(named.map((object) => (name.length === 2 ? object : [`${object[0]}s`, object[2]]))).toContainEqual([
      kind,
      ...name,
    ]);
  }
});

test('every object that is named is in dist/ or declared', () => {
  const known = clusterObjects(external).map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`);
  const named = [
    ...sections
      .flatMap(({ blocks }) => blocks)
      .join('')
      .matchAll(/\b(cronjob|deployment|statefulset|pvc|job)\/([a-z][\w-]*)/g),
  ].map(([, kind, name]) => `${kind!.replace('pvc', 'persistentvolumeclaim')}/${name}`);
  expect(new Set(named).size).toBeGreaterThan(5);
  expect([...new Set(named)].filter((name) => !known.includes(name))).toEqual([]);
});

test('the page fits a night, and ten incidents are found at its beginning, each with a way out that exists', () => {
  expect(page.split('\n').length - 1).toBeLessThan(300);
  expect(danglingLinks(page)).toEqual([]);
  const incidents = incidentsOf(page);
  expect(incidents.length).toBeLessThanOrEqual(15);
  expect(incidents.at(-1)!.line).toBeLessThan(21);
  for (const incident of TEN) {
    expect(incidents.filter(({ happened }) => incident.test(happened))).toEqual([
      // Not to be typed before something else, or a command; and a section in any case.
      expect.objectContaining({ type: expect.stringMatching(/\]\(#\d+-[a-z-]+\)$/) }),
    ]);
  }
});

const TEN = [
  /corrupted now/,
  /last night's is right/,
  /since a known moment/,
  /restore was a mistake/,
  /waits for sessions/,
  /masterkey is lost or wrong/,
  /cluster, or the database server, is gone/,
  /backup has failed, or last night has none/,
  /drill has failed/,
  /storage of the dumps is full/,
];

test('each command of the plugin is one that it has', () => {
  const plugin = join(__dirname, '../../dist/identity-internal/kubectl-pgbackup');
  const usage = spawnSync('bash', [plugin, '--help'], { encoding: 'utf8' }).stdout;
  const commands = new Set(
    sections
      .flatMap(({ blocks }) => blocks)
      .flatMap((block) => [...block.matchAll(/kubectl pgbackup -n identity-internal (\S+)/g)].map(([, name]) => name!)),
  );
  expect(commands.size).toBeGreaterThan(12);
  expect([...commands].filter((name) => !new RegExp(`\\b${name}\\b`).test(usage))).toEqual([]);
});

test('in the folder of the page, its first block makes the plugin one of kubectl', () => {
  const [first] = /^export .*$/m.exec(page)!;
  const { stdout } = spawnSync('sh', ['-euc', `${first}; command -v kubectl-pgbackup`], {
    cwd: join(__dirname, '../../dist/identity-internal'),
    encoding: 'utf8',
  });
  expect(stdout).toMatch(/\/dist\/identity-internal\/kubectl-pgbackup\n$/);
});
