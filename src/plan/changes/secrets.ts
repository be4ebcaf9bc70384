import { parse } from 'yaml';
import { list, text, type Manifest, type Value } from '../../manifests/manifest';
import { containersOf, podSpecPath } from '../../manifests/workload';
import type { Change } from '../change';
import { change, type Comparison, type Side } from '../comparison';
import { resourceName } from '../resources';
import { name } from '../words';

const LIST = 'secrets.yaml';

/** The fields of a list that are not expectations of a value. */
const TOLD = new Set(['usedBy', 'because', 'gitFile', 'provider']);

interface Need {
  readonly manifest: Manifest;
  /** Its expectations, in a form that can be compared. */
  readonly rule?: string;
  readonly because?: string;
  readonly gitFile?: string;
  readonly optionalUntil?: string;
  /** Names of the workloads that mount or read it. */
  readonly usedBy?: string[];
  /** The tool that brings it into the cluster, if that is not Git. */
  readonly provider?: string;
}

/** Answers about the expected secrets, and their checks. */
export function secrets({ before, after, resources, namespaces }: Comparison): Change[] {
  if (resources.length === 0) return [];
  const [was, is] = [needs(before, namespaces), needs(after)];
  const backups = new Set(after.backups.map(({ manifest }) => manifest.name));
  const isKnown = (secret: string): boolean => was.expected.has(secret) || was.used.has(secret);
  const renamed = renamedOnly(
    [...all(was)].filter(([secret]) => !is.expected.has(secret) && !is.used.has(secret)),
    [...all(is)].filter(([secret]) => !isKnown(secret)),
  );
  const expected = [...is.expected].flatMap(([secret, need]): Change[] => {
    const old = was.expected.get(secret);
    if (old === undefined)
      return renamed.has(secret)
        ? []
        : [expectedAnew(secret, need, was.used.has(secret), without(is.used.get(secret)?.usedBy, backups))];
    return [...otherProvider(secret, old, need), ...(old.rule === need.rule ? [] : [otherRule(secret, need)])];
  });
  const used = [...is.used]
    .filter(([secret]) => !isKnown(secret) && !is.expected.has(secret) && !renamed.has(secret))
    .map(([secret, { manifest }]) =>
      change(
        'secret-needed',
        'warning',
        manifest,
        `Needed from now on: the secret ${name(secret)}, which no check looks for`,
        ['The pod does not start without it, or runs without its values. Expect it with SecretExpectations.'],
      ),
    );
  const gone = new Set(renamed.values());
  const unchecked = [...was.expected]
    .filter(([secret]) => !is.expected.has(secret) && !gone.has(secret))
    .map(([secret, { manifest }]) => {
      const isUsed = is.used.has(secret);
      return change(
        'secret-unchecked',
        isUsed ? 'warning' : 'note',
        manifest,
        `Not checked any more: the secret ${name(secret)}`,
        [
          isUsed
            ? 'It is still needed, and only a restore shows when it is missing.'
            : 'If a restore needs it, only the restore shows when it is missing.',
        ],
      );
    });
  return [
    ...inOtherNamespaces(is, namespaces),
    ...[...renamed].map(([secret, old]): Change => ({
      id: 'secret-renamed',
      level: 'warning',
      resources: after.manifests
        .filter((manifest) => manifest === is.expected.get(secret)?.manifest || references(manifest).includes(secret))
        .map(resourceName),
      title: `Read from another place: the secret ${name(secret)}, and not ${name(old)}`,
      details: [
        'Put it into Git, encrypted, before this is merged: without it every backup ends with status 3 or fails, and ' +
          'restores refuse.',
      ],
    })),
    ...expected,
    ...used,
    ...unchecked,
  ];
}

/** A Secret belongs to one namespace: if workloads move, the secrets that they read must move, too. */
function inOtherNamespaces(is: Needs, namespaces: Comparison['namespaces']): Change[] {
  const byNamespace = new Map<string, [string, Need][]>();
  for (const [secret, need] of namespaces.size > 0 ? all(is) : []) {
    const others = byNamespace.get(namespaceOf(secret));
    if (others === undefined) byNamespace.set(namespaceOf(secret), [[secret, need]]);
    else others.push([secret, need]);
  }
  return [...namespaces].flatMap(([from, to]): Change[] => {
    const moved = byNamespace.get(to) ?? [];
    return moved.length === 0
      ? []
      : [
          change(
            'secret-needed',
            'warning',
            moved[0]![1].manifest,
            `The secrets are needed in the namespace ${name(to)}, too: those in ${name(from)} cannot be read from there`,
            ['Put them into Git, encrypted, before this is merged.'],
            moved.map(([secret]) => name(secret)),
          ),
        ];
  });
}

function otherRule(secret: string, { manifest }: Need): Change {
  return change('secret-rule', 'warning', manifest, `The expectations of the secret ${name(secret)} change`, [
    'Its value in the cluster may not fit any more. For a secret in Git, check-secrets tells.',
  ]);
}

/** Answers about the tool that brings a secret into the cluster. */
function otherProvider(secret: string, { provider: old }: Need, need: Need): Change[] {
  const { manifest, provider, optionalUntil, gitFile } = need;
  if (old === provider) return [];
  const before = old === undefined ? '' : `, and not by ${name(old)}`;
  const [title, remedy] =
    provider !== undefined
      ? [
          `Brought by ${name(provider)} from now on${before}: the secret ${name(secret)}`,
          `Let ${name(provider)} bring it before this is merged: check-secrets passes when it is not in Git, and ` +
            'every backup without it ends with status 3.',
        ]
      : [
          `Not brought by ${name(old!)} any more: the secret ${name(secret)}`,
          optionalUntil === undefined
            ? `Put it into Git, encrypted,${inFile(gitFile)} before this is merged: check-secrets fails without it.`
            : `It may be missing until ${name(optionalUntil)}.`,
        ];
  return [change('secret-rule', 'warning', manifest, title, [remedy])];
}

function inFile(gitFile: string | undefined): string {
  return gitFile === undefined ? '' : ` as ${name(gitFile)},`;
}

function expectedAnew(secret: string, need: Need, isUsed: boolean, consequence: string): Change {
  if (need.optionalUntil !== undefined) {
    return change(
      'secret-needed',
      'note',
      need.manifest,
      `Checked from now on: the secret ${name(secret)}, which may be missing until ${name(need.optionalUntil)}`,
      [
        ...because(need),
        'The check logs that it is missing, and stops no backup. If it exists, it must be as expected.',
      ],
    );
  }
  if (isUsed) {
    return change(
      'secret-needed',
      'note',
      need.manifest,
      `Checked from now on: the secret ${name(secret)}, which was needed before`,
      because(need),
    );
  }
  const remedy =
    need.provider === undefined
      ? `Put it into Git, encrypted,${inFile(need.gitFile)} before this is merged.`
      : `Let ${name(need.provider)} bring it before this is merged.`;
  return change('secret-needed', 'warning', need.manifest, `Needed from now on: the secret ${name(secret)}`, [
    ...because(need),
    `${consequence}${remedy}`,
  ]);
}

/** The consequence of a missing secret. Each pod mounts the keys that it checks, which are in its own namespace. */
function without(usedBy: readonly string[] | undefined, backups: ReadonlySet<string>): string {
  if (usedBy === undefined) return '';
  return usedBy.some((user) => backups.has(user))
    ? 'Without it, every backup ends with status 3 and restores refuse. '
    : `Without it, these fail: ${usedBy.map(name).join(', ')}. `;
}

/**
 * Renames: the only missing and the only new entry of the same Secret, or of the same key.
 * @returns the old name by the new one
 */
function renamedOnly(gone: readonly [string, Need][], added: readonly [string, Need][]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const part of [0, 1]) {
    const keyOf = (secret: string): string | undefined => {
      const key = secret.split(', key ')[part];
      return key === undefined ? undefined : `${namespaceOf(secret)} ${key}`;
    };
    const [olds, news] = [gone, added].map((list) => {
      const byKey = new Map<string, string[]>();
      for (const [secret] of list) {
        const key = keyOf(secret);
        if (key !== undefined) byKey.set(key, [...(byKey.get(key) ?? []), secret]);
      }
      return byKey;
    }) as [Map<string, string[]>, Map<string, string[]>];
    for (const [key, secrets] of news) {
      const [old, ...others] = olds.get(key) ?? [];
      const [secret] = secrets as [string];
      if (old !== undefined && others.length === 0 && secrets.length === 1 && !found.has(secret))
        found.set(secret, old);
    }
  }
  return found;
}

function namespaceOf(secret: string): string {
  return secret.split('/')[0]!;
}

function because({ because: reason }: Need): string[] {
  return reason === undefined ? [] : [`Because: ${name(reason)}.`];
}

interface Needs {
  readonly expected: ReadonlyMap<string, Need>;
  readonly used: ReadonlyMap<string, Need>;
}

function all({ expected, used }: Needs): ReadonlyMap<string, Need> {
  return new Map([...used, ...expected]);
}

/** @param namespaces the new namespace of the objects of a namespace */
function needs({ manifests }: Side, namespaces: Comparison['namespaces'] = new Map()): Needs {
  const [expected, used] = [new Map<string, Need>(), new Map<string, Need>()];
  const placed = (secret: string): string => {
    const to = namespaces.get(namespaceOf(secret));
    return to === undefined ? secret : `${to}${secret.slice(namespaceOf(secret).length)}`;
  };
  for (const manifest of manifests) {
    for (const [secret, need] of expectations(manifest)) expected.set(placed(secret), need);
    for (const secret of new Set(references(manifest).map(placed))) {
      const need = used.get(secret);
      need?.usedBy!.push(manifest.name);
      used.set(secret, { manifest, usedBy: need?.usedBy ?? [manifest.name] });
    }
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
      provider: text(entry, 'provider'),
    };
    return [[secretName(text(entry, 'namespace') ?? manifest.namespace, secret, text(entry, 'key')), need]];
  });
}

/** The keys that the containers read as variables, and those in volumes. */
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
