import type { BackupWorkload } from '../../manifests/backup-workload';
import type { Change } from '../change';
import { change, claimKey, type Comparison, type Side } from '../comparison';
import { steadyState } from '../restore-points';
import { ambiguous, bytes, name, plural } from '../words';
import { claimSize } from './claims';

/** The part from which a claim is nearly full. */
const NEARLY = 0.8;

/** Answers about dumps that may not fit on their claims. */
export function storage(comparison: Comparison): Change[] {
  const { before: base, after, backups, resources, options } = comparison;
  const touched = new Set([
    ...backups.flatMap((pair) =>
      pair.after === undefined ? [] : [claimKey(pair.after.manifest.namespace, pair.after.claim)],
    ),
    ...resources.flatMap(({ after: claim }) =>
      claim?.kind === 'PersistentVolumeClaim' ? [claimKey(claim.namespace, claim.name)] : [],
    ),
  ]);
  // A claim with a new name is compared with its former one.
  const moved = new Map(
    resources.flatMap(({ before: was, after: is }) =>
      was?.kind === 'PersistentVolumeClaim' && is !== undefined
        ? [[claimKey(is.namespace, is.name), claimKey(was.namespace, was.name)] as const]
        : [],
    ),
  );
  const [old, current] = [byClaim(base.backups), byClaim(after.backups)];
  return [...touched].flatMap((key): Change[] => {
    const workloads = current.get(key) ?? [];
    const from = moved.get(key) ?? key;
    const [was, is] = [need(old.get(from) ?? [], comparison), need(workloads, comparison)];
    const [size, oldSize] = (
      [
        [after, key],
        [base, from],
      ] as const
    ).map(([{ claims }, at]) => (claims.has(at) ? claimSize(claims.get(at)!) : undefined));
    if (workloads.length === 0 || (was.dumps === is.dumps && size === oldSize)) return [];
    const claim = after.claims.get(key);
    const more = was.dumps === 0 || was.dumps === is.dumps ? '' : `${was.dumps} → `;
    const share = is.bytes === undefined || size === undefined ? undefined : is.bytes / size;
    const before = was.bytes === undefined || oldSize === undefined ? undefined : was.bytes / oldSize;
    const isWorse = share !== undefined && share > (before ?? 0);
    const level = !isWorse || share < NEARLY ? 'note' : share > 1 ? 'error' : 'warning';
    const percent = share === undefined ? '' : `${Math.round(share * 100)} % of the claim`;
    const still = !isWorse && share !== undefined && share > 1 ? 'still ' : '';
    const room =
      is.bytes === undefined
        ? `${more}${is.dumps} times the size of a dump`
        : `about ${was.bytes === undefined || more === '' ? '' : `${bytes(was.bytes)} → `}${bytes(is.bytes)}`;
    return [
      change(
        'storage',
        level,
        claim ?? workloads[0]!.manifest,
        `The dumps ${still}need ${room}${percent === '' ? '' : `, ${percent}`}` +
          (before === undefined || share === undefined || Math.round(before * 100) === Math.round(share * 100)
            ? ''
            : `, and not ${Math.round(before * 100)} %`),
        [
          `${more}${plural(is.dumps, 'dump')} in the long run, the one that is being written included, of ` +
            `${workloads.map(({ database }) => name(database)).join(', ')}. ${assumption(workloads, comparison)}`,
          ...(level === 'note'
            ? []
            : [
                share! > 1
                  ? 'Backups fail once it is full: grow the claim first, or keep fewer.'
                  : 'It is nearly full then: grow the claim, or keep fewer.',
              ]),
          ...(size === undefined
            ? [`The size of the claim ${name(key)} is not in the tree.`]
            : [`The claim asks for ${bytes(size)}, which storage of plain directories does not enforce.`]),
          ...[...new Set(workloads.map(({ folder }) => folder))]
            .filter((folder) => comparison.ambiguous.has(folder))
            .map(ambiguous),
          ...(is.bytes === undefined && options.dumpSize === undefined
            ? ['--dump-size, or --dumps with sizes, gives the space in bytes.']
            : []),
        ],
      ),
    ];
  });
}

/** The part of each claim that its dumps need in the long run, if that is known: 1 is the whole claim. */
export function shares({ backups, claims }: Side, comparison: Comparison): ReadonlyMap<string, number> {
  return new Map(
    [...byClaim(backups)].flatMap(([key, some]): [string, number][] => {
      const claim = claims.get(key);
      const [size, { bytes: needed }] = [claim && claimSize(claim), need(some, comparison)];
      return needed === undefined || size === undefined ? [] : [[key, needed / size]];
    }),
  );
}

function byClaim(backups: readonly BackupWorkload[]): Map<string, BackupWorkload[]> {
  const claims = new Map<string, BackupWorkload[]>();
  for (const backup of backups) {
    const key = claimKey(backup.manifest.namespace, backup.claim);
    const others = claims.get(key);
    if (others === undefined) claims.set(key, [backup]);
    else others.push(backup);
  }
  return claims;
}

/** The space for the dumps that the backups of one claim keep, and for the dump that is written before pruning. */
function need(
  backups: readonly BackupWorkload[],
  { options }: Comparison,
): { dumps: number; bytes: number | undefined } {
  const each = backups.map((backup) => ({
    dumps: steadyState(backup, options.now).length + 1,
    size: dumpSize(backup, options),
  }));
  const isKnown = each.every(({ size }) => size !== undefined);
  return {
    dumps: each.reduce((sum, { dumps }) => sum + dumps, 0),
    bytes: isKnown ? each.reduce((sum, { dumps, size }) => sum + dumps * size!, 0) : undefined,
  };
}

/** The size of the largest dump of the listing: a growing database is nearer to it than to the mean. */
function dumpSize({ folder }: BackupWorkload, { dumps, dumpSize: given }: Comparison['options']): number | undefined {
  const sizes = dumps?.get(folder)?.flatMap(({ size }) => (size === undefined ? [] : [size])) ?? [];
  return sizes.length > 0 ? sizes.reduce((most, size) => Math.max(most, size), 0) : given;
}

function assumption(backups: readonly BackupWorkload[], { options }: Comparison): string {
  const sizes = [...new Set(backups.map((backup) => dumpSize(backup, options)))];
  if (sizes.includes(undefined)) return 'The size of a dump is not known.';
  const isListed = backups.some(({ folder }) => options.dumps?.get(folder)?.some(({ size }) => size !== undefined));
  return (
    `It is assumed that a dump has ${sizes.map((size) => bytes(size!)).join(' or ')}, ` +
    `${isListed ? 'like the largest of the listing' : 'as --dump-size says'}.`
  );
}
