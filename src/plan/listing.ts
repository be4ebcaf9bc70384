import { MisuseError } from '../errors';

/** A dump on the storage, by its name. */
export interface StoredDump {
  /** E.g. `shop-20261123-020000`. */
  readonly name: string;
  /** The time at which it began, in milliseconds since 1970. */
  readonly time: number;
  readonly isVerified: boolean;
  /** Whether a hold keeps it from being pruned, as far as a listing can tell. */
  readonly isHeld: boolean;
  /** Bytes, if the listing has sizes. */
  readonly size: number | undefined;
}

/** The name of a file of a dump, with its ending and the columns of `ls -l` before it. */
const LINE = /^(.*?)(\S+?)-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)(\.\S+)?[/*]?(\s.*)?$/;
/** Permissions, links, owner, group, size. */
const LONG = /^-[-rwxsStT]{9}\S?\s+\d+\s+\S+\s+\S+\s+(\d+)\s/;
/**
 * The columns of `RESTORE_ACTION=list` after the name: time, age, megabytes, verified or not, secrets, rows, and the
 * end of the hold.
 */
const LISTED = /^\s+\S+Z?\s+\S+\s+(\d+)\s+(yes|no)\b(?:\s+\S+\s+\S+\s+(released|\d{4}-\d\d-\d\dT[\d:]{8}Z))?/;

interface Entry {
  readonly name: string;
  readonly time: number;
  readonly endings: Map<string, number | undefined>;
  listed?: { readonly size: number; readonly isVerified: boolean; readonly isHeld: boolean };
}

/**
 * Reads the dumps of a listing: the output of `ls`, `ls -l` or `RESTORE_ACTION=list` for the folder, or a name per
 * line.
 * @returns the dumps by their folder, which is the first part of their names, the newest first
 * @throws MisuseError when the listing has no dump
 */
export function readListing(text: string, source: string): ReadonlyMap<string, readonly StoredDump[]> {
  const entries = new Map<string, Entry>();
  for (const line of text.split(/\r?\n/)) {
    const [, before = '', path = '', year, month, day, hour, minute, second, ending, after = ''] =
      LINE.exec(line) ?? [];
    if (year === undefined) continue;
    const folder = path.slice(path.lastIndexOf('/') + 1);
    const name = `${folder}-${year}${month}${day}-${hour}${minute}${second}`;
    const time = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
    const entry = entries.get(name) ?? { name, time, endings: new Map<string, number | undefined>() };
    const size = LONG.exec(before)?.[1];
    entry.endings.set(ending ?? '.dump', size === undefined ? undefined : Number(size));
    const [, megabytes, verified, held] = (ending === undefined ? LISTED.exec(after) : null) ?? [];
    if (verified !== undefined)
      entry.listed = {
        size: Number(megabytes) * 1_000_000,
        isVerified: verified === 'yes',
        isHeld: held !== undefined,
      };
    entries.set(name, entry);
  }
  const stored = [...entries.values()].filter(({ endings }) => endings.has('.dump') && endings.get('.dump') !== 0);
  if (stored.length === 0) {
    throw new MisuseError(
      `--dumps (${source}) names no dump. List the folder of the dumps with ls -l, or with RESTORE_ACTION=list`,
    );
  }
  // A listing of *.dump alone shows no checksums.
  const hasChecksums = [...entries.values()].some(({ endings }) => endings.has('.dump.sha256'));
  const folders = new Map<string, StoredDump[]>();
  for (const entry of stored.sort((a, b) => b.time - a.time)) {
    const folder = entry.name.slice(0, -'-20261123-020000'.length);
    folders.set(folder, [...(folders.get(folder) ?? []), dumpOf(entry, hasChecksums)]);
  }
  return folders;
}

function dumpOf({ name, time, endings, listed }: Entry, hasChecksums: boolean): StoredDump {
  return {
    name,
    time,
    isVerified:
      listed?.isVerified ??
      (!hasChecksums || ['.dump.sha256', '.json'].every((ending) => endings.has(ending) && endings.get(ending) !== 0)),
    isHeld: listed?.isHeld || [...endings.keys()].some((ending) => ending.endsWith('.hold')),
    size: listed?.size ?? endings.get('.dump'),
  };
}
