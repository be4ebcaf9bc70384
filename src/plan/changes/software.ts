import { SERVER_VERSION } from '../../kubernetes/annotations';
import { at, list, number, text, type Manifest } from '../../manifests/manifest';
import { componentOf, podSpecPath, componentLabel } from '../../manifests/workload';
import type { Change } from '../change';
import { change, dumpsOf, isOrphaned, type Comparison } from '../comparison';
import { unified } from '../fields';
import type { ResourceChange } from '../resources';
import { name, plural, words } from '../words';
import type { Workload } from '../planned-workload';

/** Answers about the tools, their user, their server, and the scripts. */
export function software(comparison: Comparison): Change[] {
  const {
    workloads,
    resources,
    after: { workloads: all },
  } = comparison;
  return [
    ...workloads.flatMap(({ before, after }) =>
      before && after
        ? [
            ...target(before, after),
            ...tls(before, after),
            ...source(before, after, comparison),
            ...image(before, after),
            ...user(before.manifest, after.manifest),
          ]
        : [],
    ),
    ...resources.flatMap((resource) => scripts(resource, all)),
  ];
}

function target(before: Workload, after: Workload): Change[] {
  if (before.server === '' && after.server === '' && before.database === after.database) return [];
  const [was, is] = [serviceOf(before), serviceOf(after)];
  const changed = [
    ...(was === is ? [] : [`the server ${name(before.server)} → ${name(after.server)}`]),
    ...(before.database === after.database ? [] : [`the database ${name(before.database)} → ${name(after.database)}`]),
  ];
  if (changed.length === 0) return [];
  if (before.server === after.server && before.database === after.database) {
    const [host] = before.server.split(':');
    return [
      change(
        'target',
        'warning',
        after.manifest,
        `The host ${name(host!)} means another Service: that of the namespace ${name(after.manifest.namespace)}`,
        [
          `Without it, every run fails. If the database stays, name it ${name(host!)}.` +
            `${name(before.manifest.namespace)}; if it moves, too, restore it there first.`,
        ],
      ),
    ];
  }
  const isSameFolder = !isOrphaned(before, after);
  return [
    change(
      'target',
      'error',
      after.manifest,
      `Another database from now on: ${words(changed)}`,
      after.component === 'backup'
        ? [
            'The one from before is not dumped any ' +
              `more.${isSameFolder ? ` Its dumps and the new ones are in one folder, ${name(after.folder)}, under one name: the retention prunes them as if they were of the same database, and a restore takes the newest. Unless it is the same database in another place, use another folder.` : ''}`,
          ]
        : after.component === 'restore'
          ? ['A restore replaces this one.']
          : [],
    ),
  ];
}

/** A server by its full name: a name without a dot is that of a Service of the same namespace. */
function serviceOf({ server, manifest: { namespace } }: Workload): string {
  const [host, port] = [server.slice(0, server.lastIndexOf(':')), server.slice(server.lastIndexOf(':') + 1)];
  if (server === '') return '';
  const full = host.includes('.') ? host.replace(/\.svc(\.cluster\.local)?$/, '') : `${host}.${namespace}`;
  return `${full}:${port}`;
}

/** The modes of libpq, the weakest first. The default is `prefer`. */
const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];

/** Answers about encryption and the check of the server. */
function tls(before: Workload, after: Workload): Change[] {
  if (before.server === '' || after.server === '') return [];
  const [was, is] = [before, after].map(({ env }) => env.get('PGSSLMODE') ?? 'prefer') as [string, string];
  const [from, to] = [before, after].map(({ env }) => env.get('TLS_AUTHORITY_SOURCE'));
  if (was !== is) {
    const isWeaker = MODES.indexOf(is) < MODES.indexOf(was);
    const isChecked = is.startsWith('verify-');
    return [
      change(
        'tls',
        isWeaker ? 'warning' : 'note',
        after.manifest,
        `The connection is ${isWeaker ? 'less' : 'better'} protected: ${was} → ${is}`,
        [
          isWeaker
            ? is === 'verify-ca'
              ? 'A certificate of the authority for another host is accepted too.'
              : `The server is not checked${is === 'require' ? '' : ', and the connection need not be encrypted'}: an ` +
                'impostor gets the password.'
            : is === 'prefer'
              ? 'It is encrypted if the server offers it, and the server is not checked.'
              : `A run fails at once if the server ${isChecked ? 'has no such certificate' : 'does not encrypt'}.`,
        ],
      ),
    ];
  }
  if (from === to || from === undefined || to === undefined) return [];
  return [
    change(
      'tls',
      'note',
      after.manifest,
      `The server's certificate is checked with another authority: ${from} → ${to}`,
      ['A run fails at once if that authority has not signed it.'],
    ),
  ];
}

/**
 * Answers about the place in which a restore or a drill looks for dumps. The answers about the claim are for backups.
 */
function source(
  before: Workload,
  after: Workload,
  { backups: pairs, before: { backups: was }, after: { backups: all } }: Comparison,
): Change[] {
  if (after.component === 'backup' || !isOrphaned(before, after)) return [];
  // It moves with the backup, to the place of its dumps: the answer about the backup tells that.
  const isWithBackup = pairs.some(
    (pair) => pair.before && pair.after && !isOrphaned(pair.before, before) && !isOrphaned(pair.after, after),
  );
  if (isWithBackup) return [];
  const [from, to] = [dumpsOf(before), dumpsOf(after)];
  const [backup, old] = [[all, after] as const, [was, before] as const].map(([side, one]) =>
    side.find((each) => !isOrphaned(each, one) && each.database === one.database),
  );
  const isRestore = after.component === 'restore';
  return [
    change(
      'source',
      backup !== undefined || old === undefined ? 'note' : isRestore ? 'error' : 'warning',
      after.manifest,
      `${isRestore ? 'A restore' : 'The drill'} looks for dumps in ${to}, and not in ${from}`,
      [
        backup === undefined
          ? `No backup of ${name(after.database)} writes there: ` +
            `${isRestore ? 'no restore finds its dumps' : 'nothing proves its dumps'}${old === undefined ? ', as before' : ' any more'}.`
          : `There the backup ${name(backup.manifest.name)} writes.`,
      ],
    ),
  ];
}

function image(before: Workload, after: Workload): Change[] {
  const versions = [before, after].map(({ manifest }) =>
    text(manifest.object, 'metadata', 'annotations', SERVER_VERSION),
  );
  const changed = [...after.images].filter(
    ([container, is]) => before.images.has(container) && before.images.get(container) !== is,
  );
  const pairs = [...new Set(changed.map(([container, is]) => `${name(before.images.get(container)!)} → ${name(is)}`))];
  if (pairs.length === 0 && versions[0] === versions[1]) return [];
  const told = pairs.length > 0 ? words(pairs) : 'the same image';
  const majors =
    versions[0] === versions[1] && changed.length > 0
      ? [majorOf(before.images.get(changed[0]![0])!), majorOf(changed[0]![1])]
      : versions;
  if (majors[0] === majors[1])
    return [
      change('image', 'note', after.manifest, `Other tools run: ${told}`, [
        'Of the same major version: existing dumps stay restorable.',
      ]),
    ];
  return [
    change('image', 'error', after.manifest, `Tools of another major version run: ${told}`, [
      `PostgreSQL ${majors[0] ?? '?'} → ${majors[1] ?? '?'}. A backup refuses a server of another major version: merge it when the server is changed, not before. ${
        Number(majors[1]) < Number(majors[0])
          ? 'Older tools cannot read the dumps of newer ones: existing dumps cannot be restored with them.'
          : 'Existing dumps can be restored into the newer server, and dumps of that not into the older one.'
      }`,
    ]),
  ];
}

function majorOf(image: string): string | undefined {
  return /:(\d+)(?=[.@-]|$)/.exec(image.replace(/^.*\//, ''))?.[1];
}

function user(before: Manifest, after: Manifest): Change[] {
  const [was, is] = [before, after].map((manifest) =>
    number(manifest.object, ...(podSpecPath(manifest) ?? []), 'securityContext', 'runAsUser'),
  );
  if (was === is) return [];
  return [
    change('user', 'warning', after, `The pod runs as another user: ${was ?? "the image's"} → ${is ?? "the image's"}`, [
      'Existing dumps belong to the former user, and the new user may not write beside them: chown the ' +
        'folder on the storage.',
    ]),
  ];
}

/** Answers about changed scripts. Their differences are among the fields. */
function scripts({ before, after }: ResourceChange, workloads: readonly Workload[]): Change[] {
  // Changes of checks have an answer of their own.
  if (before === undefined || after?.kind !== 'ConfigMap' || componentLabel(after) === 'checks') return [];
  const files = (manifest: Manifest): { readonly [file: string]: unknown } =>
    (at(manifest.object, 'data') ?? {}) as { [file: string]: unknown };
  const names = [...new Set([...Object.keys(files(before)), ...Object.keys(files(after))])].filter(
    (file) => /\.(sh|sql)$/.test(file) && files(before)[file] !== files(after)[file],
  );
  if (names.length === 0) return [];
  const users = workloads.filter(
    ({ manifest }) => manifest.namespace === after.namespace && usesConfigMap(manifest, after.name),
  );
  return [
    change(
      'scripts',
      'warning',
      after,
      `Other scripts run: ${plural(names.length, 'file')} changed`,
      [
        `${users.length > 0 ? `Of ${words(users.map(({ manifest }) => `${manifest.kind} ${name(manifest.name)}`))}. ` : ''}They ` +
          'take effect at once, for a run that is retried too. The differences are among the fields below.',
      ],
      names.map((file) => `${name(file)} (${lines(files(before)[file], files(after)[file])})`),
    ),
  ];
}

function lines(before: unknown, after: unknown): string {
  if (typeof before !== 'string') return 'new';
  if (typeof after !== 'string') return 'gone';
  const patch = unified(before, after).split('\n');
  return (
    `+${patch.filter((line) => line.startsWith('+')).length} ` +
    `−${patch.filter((line) => line.startsWith('-')).length} lines`
  );
}

function usesConfigMap(manifest: Manifest, configMap: string): boolean {
  return (
    componentOf(manifest) !== undefined &&
    list(manifest.object, ...(podSpecPath(manifest) ?? []), 'volumes').some(
      (volume) => text(volume, 'configMap', 'name') === configMap,
    )
  );
}
