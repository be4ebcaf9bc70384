import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clusterObjects, declaredNames } from '../support/runbook/runbook-objects';
import { commandsOf, sectionsOf } from '../support/runbook/runbook-page';

const page = readFileSync(join(__dirname, '../../dist/identity-internal/RUNBOOK.md'), 'utf8');
const sections = sectionsOf(page);
const external = declaredNames();

test('each block of commands is whole', () => {
  const blocks = sections.flatMap((section) => section.blocks);
  expect(blocks.length).toBeGreaterThan(40);
  for (const block of blocks)
    expect(spawnSync('sh', ['-n'], { input: block, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  expect(new Set([...page.matchAll(/^```(\w+)$/gm)].map(([, language]) => language))).toEqual(new Set(['sh', 'ts']));
});

test('what flux is told has the form of its manual, and names what is declared', () => {
  const commands = commandsOf('flux', sections);
  expect(commands.length).toBeGreaterThan(20);
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
  expect(new Set(named).size).toBeGreaterThan(7);
  expect([...new Set(named)].filter((name) => !known.includes(name))).toEqual([]);
});
