import { at, type Manifest } from '../../manifests/manifest';
import { componentLabel } from '../../manifests/workload';
import type { Change } from '../change';
import { change, type Comparison } from '../comparison';
import { name, plural, words } from '../words';
import type { Workload } from '../planned-workload';
import type { ResourceChange } from '../resources';

const HEARTBEATS = [
  { variable: 'HEARTBEAT_URL', noun: 'success' },
  { variable: 'HEARTBEAT_FAILURE_URL', noun: 'failure' },
];

/** Answers about the contents of a dump, its proof, and the reports about it. */
export function contents({ workloads, resources }: Comparison): Change[] {
  return [
    ...resources.flatMap(checks),
    ...workloads.flatMap(({ before, after }) =>
      before !== undefined && after?.component === 'backup'
        ? [...tables(before, after), ...counts(before, after), ...heartbeat(before, after)]
        : [],
    ),
  ];
}

/** Answers about a ConfigMap with checks: the query of each, and the expected value if it is known beforehand. */
function checks({ before, after }: ResourceChange): Change[] {
  const manifest = (after ?? before)!;
  if (componentLabel(manifest) !== 'checks') return [];
  const [was, is] = [named(before), named(after)];
  const gone = [...was.keys()].filter((check) => !is.has(check));
  const others = [...is]
    .filter(([check, text]) => was.get(check) !== text)
    .map(([check]) => `${name(check)}: ${was.has(check) ? 'changed' : 'new'}`);
  return [
    ...(gone.length === 0
      ? []
      : [
          change(
            'checks',
            'warning',
            manifest,
            `Less is proven of a dump and of a restore: ${plural(gone.length, 'check is', 'checks are')} gone`,
            is.size > 0 ? [`${plural(is.size, 'check')} of ${was.size} ${is.size === 1 ? 'stays' : 'stay'}.`] : [],
            gone.map(name),
          ),
        ]),
    ...(others.length === 0
      ? []
      : [
          change(
            'checks',
            'note',
            manifest,
            `The proof of a dump changes: ${plural(others.length, 'check is', 'checks are')} new or changed`,
            ['Each dump records the answers to its checks: a restore of an older dump has none to compare with.'],
            others,
          ),
        ]),
  ];
}

function named(manifest: Manifest | undefined): Map<string, string> {
  const data = Object.entries((manifest === undefined ? undefined : at(manifest.object, 'data')) ?? {});
  const files = new Map(data.map(([file, value]) => [file, String(value)]));
  return new Map(
    [...files]
      .filter(([file]) => file.endsWith('.name'))
      .map(([file, check]) => [
        check,
        ['sql', 'expect'].map((ending) => files.get(file.replace(/name$/, ending)) ?? '').join('\n'),
      ]),
  );
}

function tables(before: Workload, after: Workload): Change[] {
  const excluded = ({ env }: Workload): string[] =>
    (env.get('EXCLUDE_TABLE_DATA') ?? '').split('\n').filter((table) => table !== '');
  const [was, is] = [excluded(before), excluded(after)];
  const [out, back] = [is.filter((table) => !was.includes(table)), was.filter((table) => !is.includes(table))];
  return [
    ...(out.length === 0
      ? []
      : [
          change(
            'contents',
            'warning',
            after.manifest,
            'The rows of some tables are not dumped any more',
            ['After a restore these tables are empty.'],
            out.map(name),
          ),
        ]),
    ...(back.length === 0
      ? []
      : [change('contents', 'note', after.manifest, 'The rows of more tables are dumped', [], back.map(name))]),
  ];
}

function counts(before: Workload, after: Workload): Change[] {
  const [was, is] = [before, after].map(({ env }) => env.get('ROW_COUNTS') ?? '');
  const [hashed, hashes] = [before, after].map(({ env }) => Number(env.get('CONTENT_HASH_BYTES') ?? 0)) as [
    number,
    number,
  ];
  const isLess = (was === 'true' && is !== 'true') || hashes < hashed;
  if (was === is && hashed === hashes) return [];
  return [
    change(
      'checks',
      isLess ? 'warning' : 'note',
      after.manifest,
      `The rows of a dump are ${is === 'true' ? 'counted' : 'not counted'}, and ` +
        `${hashes > 0 && is === 'true' ? `hashed in databases of up to ${hashes} bytes` : 'not hashed'}`,
      isLess ? ['A restore and a drill have less to compare with.'] : [],
    ),
  ];
}

function heartbeat(before: Workload, after: Workload): Change[] {
  const told = ({ secretVariables }: Workload, variable: string): string => secretVariables.get(variable) ?? 'nowhere';
  const changed = HEARTBEATS.filter(({ variable }) => told(before, variable) !== told(after, variable));
  if (changed.length === 0) return [];
  const isSilent = changed.some(({ variable }) => !after.secretVariables.has(variable));
  return [
    change(
      'heartbeat',
      isSilent ? 'warning' : 'note',
      after.manifest,
      `Others hear how a run ended: ${words(
        changed.map(
          ({ variable, noun }) =>
            `${noun} goes to ${name(told(after, variable))} instead of ${name(told(before, variable))}`,
        ),
      )}`,
    ),
  ];
}
