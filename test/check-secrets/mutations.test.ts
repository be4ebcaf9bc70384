import fc from 'fast-check';
import { check } from '../../src/check-secrets/check';
import { ExpectedList } from '../../src/manifests/expected-list';
import { type Finding, type Rule, RULES } from '../../src/reports/findings';
import { isEverything } from '../support/machine/userlands';
import { kustomize } from '../support/secrets/check';
import { dist } from '../support/secrets/expected-list';
import { type Files, written } from '../support/secrets/flux-repo';
import { ageKey, Sops } from '../support/secrets/sops';
import { manifest, mutations, repo, type World, worlds } from './mutations';

const RUNS = { numRuns: isEverything ? 25 : 8 };
const FEW_RUNS = { numRuns: isEverything ? 6 : 2 };

let sops: Sops;
let other: Sops;
let recipient: string;

beforeAll(async () => {
  ({ recipient } = await ageKey());
  sops = await Sops.for(recipient);
  other = await Sops.for((await ageKey()).recipient);
});

function found({ name, key, value }: World, files: Files): Finding[] {
  const list = dist([{ secret: name, key, bytes: Buffer.byteLength(value) }]);
  return [
    ...check(
      ExpectedList.read(list, (path) => path),
      written(files),
      [recipient],
      kustomize(),
    ).findings,
  ];
}

const serious = (findings: Finding[]): Finding[] => findings.filter(({ level }) => level !== 'note');

test('a good repo has no finding, whatever the layout', () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const notes = found(world, repo(world, manifest(world, sops))).map(({ rule }) => rule);
      // A template of Helm is no YAML; base64 hides a byte or two.
      expect(
        notes.filter((rule) => rule !== 'yaml-broken' && !(world.field === 'data' && rule === 'value-length-unproven')),
      ).toEqual([]);
    }),
    RUNS,
  );
});

test.each(Object.entries(mutations))('%s: it is found, where it is', (_, { rules, apply, builds }) => {
  fc.assert(
    fc.property(worlds, (world) => {
      const { files, file, line } = apply(world, sops, other);
      const findings = found(world, files).map((one) => `${one.rule} ${one.file}:${one.line}`);
      expect(findings).toEqual(expect.arrayContaining(rules.map((rule) => `${rule} ${file}:${line}`)));
    }),
    builds ? FEW_RUNS : RUNS,
  );
});

test('every rule has a mutation, but for those of which other tests have each case', () => {
  const mutated = new Set(Object.values(mutations).flatMap(({ rules }) => rules));
  expect((Object.keys(RULES) as Rule[]).filter((rule) => !mutated.has(rule))).toEqual([
    ...['secret-not-in-repo', 'secret-wrong-file', 'secret-empty', 'key-not-in-repo', 'value-empty'],
    ...['value-not-string', 'value-length-unproven', 'sops-recipient-missing', 'sops-names-encrypted'],
    ...['kustomize-missing', 'age-key-in-git', 'yaml-broken', 'file-too-large', 'file-not-text', 'file-unreadable'],
    ...['link-skipped', 'escrow'],
  ]);
});

test('a file that is cut anywhere is found', () => {
  fc.assert(
    fc.property(worlds, fc.nat(), (world, where) => {
      const whole = manifest({ ...world, before: 0 }, sops);
      // The last lines are the selector, which has a default, and the version, which nothing reads.
      const needed = whole.search(/\n\s*"?encrypted_regex/);
      const text = whole.slice(0, where % needed);
      const findings = serious(found(world, repo(world, text)));
      expect(findings.map(({ level }) => level)).toContain('error');
    }),
    { numRuns: 100 },
  );
});

test('no text, however mangled, ends the check', () => {
  const pieces = fc.constantFrom(
    '',
    '\n',
    '---\n',
    '- ',
    ': ',
    '? ',
    '&a ',
    '*a',
    '!!binary ',
    '!x ',
    '<<: *a\n',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '|\n',
    '>-\n ',
    '%YAML 9\n',
    'kind: List\nitems:\n',
    'sops: []\n',
    'data: x\n',
    'stringData: [a]\n',
    'metadata: *a\n',
    '\t',
    '\u2028',
    'ENC[',
    '{{ x }}',
  );
  fc.assert(
    fc.property(
      worlds,
      fc.array(fc.record({ at: fc.nat(), length: fc.nat(80), piece: pieces }), { maxLength: 5 }),
      (world, changes) => {
        const text = changes.reduce(
          (before, { at, length, piece }) => {
            const where = at % (before.length + 1);
            return before.slice(0, where) + piece + before.slice(where + length);
          },
          manifest(world, sops),
        );
        for (const one of found(world, repo(world, text)))
          expect(one.line > 0 && one.column > 0 && one.message !== '').toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});
