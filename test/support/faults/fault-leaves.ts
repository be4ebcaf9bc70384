import type { Contents } from './fault-contents';

/** What a fault leaves on the NAS. */
export interface Leaves {
  readonly text: string;
  check(before: Contents, after: Contents): void;
}

/** Nothing has changed under a final name. */
export const asBefore: Leaves = {
  text: 'the earlier dumps, as they were',
  check: (before, after) => expect(after).toEqual({ files: before.files, work: [] }),
};

export const asBeforeAndWork: Leaves = {
  text: 'the earlier dumps, as they were; unfinished work under `.work/`',
  check(before, after) {
    expect(after.files).toEqual(before.files);
    expect(after.work).not.toEqual([]);
  },
};

/** The storage lets nobody change anything, not even to tidy up. */
export const stuck: Leaves = {
  ...asBeforeAndWork,
  text: 'the earlier dumps, as they were; the unfinished work, which cannot be removed',
};

export const newDump: Leaves = {
  text: 'the earlier dumps and a new, verified one',
  check(before, after) {
    expectNewDump(before, after);
    expect(after.work).toEqual([]);
  },
};

export const newDumpAndWork: Leaves = {
  text: 'the earlier dumps and a new, verified one; an empty folder under `.work/`',
  check(before, after) {
    expectNewDump(before, after);
    expect(after.work).not.toEqual([]);
  },
};

/** What belongs to a dump but is not the dump, whose name nobody takes for one. */
export const companions: Leaves = {
  text:
    'the earlier dumps, as they were; the new one under `.work/`, its checksum and manifest already beside the ' +
    'others',
  check(before, after) {
    expect(after.files).toMatchObject(before.files);
    expect(endings(added(before, after))).toEqual(['.dump.sha256', '.globals.sql', '.json']);
    expect(after.work).not.toEqual([]);
  },
};

/** A new dump, and of the earlier files all but those whose names match. */
export function newDumpWithout(removed: RegExp, text: string): Leaves {
  return {
    text,
    check(before, after) {
      const gone = Object.keys(before.files).filter((file) => !(file in after.files));
      expect(gone).toEqual(Object.keys(before.files).filter((file) => removed.test(file)));
      expect(endings(added(before, after))).toEqual(WHOLE);
      expect(after.work).toEqual([]);
    },
  };
}

const WHOLE = ['.dump', '.dump.sha256', '.globals.sql', '.json'];

function expectNewDump(before: Contents, after: Contents): void {
  expect(after.files).toMatchObject(before.files);
  expect(endings(added(before, after))).toEqual(WHOLE);
}

/** What is new in the folder itself; a dump may be a folder, too. */
function added(before: Contents, after: Contents): string[] {
  return Object.keys(after.files).filter((file) => !(file in before.files) && !file.includes('/'));
}

/** The endings of files that all belong to one dump. */
function endings(files: readonly string[]): string[] {
  const names = new Set(files.map((file) => /^.*-\d{8}-\d{6}/.exec(file)?.[0]));
  expect([...names]).toEqual([expect.any(String)]);
  const [name] = [...names] as [string];
  return files.map((file) => file.slice(name.length)).sort();
}
