import { parse } from 'yaml';
import { list, text, type Manifest, type Value } from '../../manifests/manifest';
import { containersOf, podSpecPath } from '../../manifests/workload';
import type { Change } from '../change';
import { change, type Comparison, type Side } from '../comparison';
import { name } from '../words';

const LIST = 'secrets.yaml';

/** What a list says of a secret beside what is expected of its value. */
const TOLD = new Set(['usedBy', 'because', 'gitFile']);

interface Need {
  readonly manifest: Manifest;
  /** What is expected of it, in a form that can be compared. */
  readonly rule?: string;
  readonly because?: string;
  readonly gitFile?: string;
  readonly optionalUntil?: string;
}

/** What must be there beside a dump, and what looks whether it is. */
export function secrets({ before, after, resources }: Comparison): Change[] {
  if (resources.length === 0) return [];
  const [was, is] = [needs(before), needs(after)];
  const expected = [...is.expected].flatMap(([secret, need]): Change[] => {
    const old = was.expected.get(secret);
    if (old === undefined && need.optionalUntil !== undefined) {
      return [
        change(
          'secret-needed',
          'note',
          need.manifest,
          `Looked for from now on: the secret ${name(secret)}, which may be missing until ${name(need.optionalUntil)}`,
          [
            ...because(need),
            'The check logs that it is missing, and stops no backup. Where it is there, it must be what is expected.',
          ],
        ),
      ];
    }
    if (old === undefined) {
      return [
        change('secret-needed', 'warning', need.manifest, `Needed from now on: the secret ${name(secret)}`, [
          ...because(need),
          'Without it, every backup ends with status 3 and restores refuse. Put it into Git, ' +
            `encrypted,${need.gitFile === undefined ? '' : ` as ${name(need.gitFile)},`} before this is merged.`,
        ]),
      ];
    }
    return old.rule === need.rule
      ? []
      : [
          change('secret-rule', 'warning', need.manifest, `Another thing is expected of the secret ${name(secret)}`, [
            'What is in the cluster may not be right any more: check-secrets tells for what is in Git.',
          ]),
        ];
  });
  const used = [...is.used]
    .filter(([secret]) => !was.used.has(secret) && !is.expected.has(secret))
    .map(([secret, { manifest }]) =>
      change(
        'secret-needed',
        'warning',
        manifest,
        `Needed from now on: the secret ${name(secret)}, which nobody checks`,
        ['The pod does not start without it, or runs without what is in it. Expect it with SecretExpectations.'],
      ),
    );
  const unchecked = [...was.expected]
    .filter(([secret]) => !is.expected.has(secret))
    .map(([secret, { manifest }]) => {
      const isUsed = is.used.has(secret);
      return change(
        'secret-unchecked',
        isUsed ? 'warning' : 'note',
        manifest,
        `Not checked any more: the secret ${name(secret)}`,
        [
          isUsed
            ? 'It is needed all the same, and nobody notices before a restore when it is missing.'
            : 'If a restore needs it, nobody notices before when it is missing.',
        ],
      );
    });
  return [...expected, ...used, ...unchecked];
}

function because({ because: reason }: Need): string[] {
  return reason === undefined ? [] : [`Because: ${name(reason)}.`];
}

function needs({ manifests }: Side): { expected: Map<string, Need>; used: Map<string, Need> } {
  const [expected, used] = [new Map<string, Need>(), new Map<string, Need>()];
  for (const manifest of manifests) {
    for (const [secret, need] of expectations(manifest)) expected.set(secret, need);
    for (const secret of references(manifest)) used.set(secret, { manifest });
  }
  return { expected, used };
}

function expectations(manifest: Manifest): [string, Need][] {
  const source = manifest.kind === 'ConfigMap' ? text(manifest.object, 'data', LIST) : undefined;
  if (source === undefined) return [];
  let entries: Value;
  try {
    entries = parse(source) as Value;
  } catch {
    return [];
  }
  return list(entries).flatMap((entry): [string, Need][] => {
    const secret = text(entry, 'secret');
    if (secret === undefined) return [];
    const rule = Object.entries(entry as object).filter(([field]) => !TOLD.has(field));
    const need = {
      manifest,
      rule: JSON.stringify(rule),
      because: text(entry, 'because'),
      gitFile: text(entry, 'gitFile'),
      optionalUntil: text(entry, 'optionalUntil'),
    };
    return [[secretName(text(entry, 'namespace') ?? manifest.namespace, secret, text(entry, 'key')), need]];
  });
}

/** The keys that the containers read as variables, and those that a volume has. */
function references(manifest: Manifest): string[] {
  const variables = containersOf(manifest).flatMap(({ value }) => [
    ...list(value, 'env').map(
      (variable) =>
        [
          text(variable, 'valueFrom', 'secretKeyRef', 'name'),
          text(variable, 'valueFrom', 'secretKeyRef', 'key'),
        ] as const,
    ),
    ...list(value, 'envFrom').map((source) => [text(source, 'secretRef', 'name'), undefined] as const),
  ]);
  const volumes = list(manifest.object, ...(podSpecPath(manifest) ?? []), 'volumes').flatMap((volume) => [
    [text(volume, 'secret', 'secretName'), undefined] as const,
    ...list(volume, 'projected', 'sources').flatMap((source) =>
      list(source, 'secret', 'items').map((item) => [text(source, 'secret', 'name'), text(item, 'key')] as const),
    ),
  ]);
  return [...variables, ...volumes].flatMap(([secret, key]) =>
    secret === undefined ? [] : [secretName(manifest.namespace, secret, key)],
  );
}

function secretName(namespace: string, secret: string, key: string | undefined): string {
  return `${namespace}/${secret}${key === undefined ? '' : `, key ${key}`}`;
}
