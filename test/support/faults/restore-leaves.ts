import { closedState, databaseNames, databaseState, type DatabaseState } from '../postgres/database-state';
import type { Told } from './fault';
import type { RestoreTrial } from './restore-trial';

/** What a restore leaves of the live database. */
export interface Live extends Told {
  /** What may have become of it: 'old' is as it was, 'new' is what the dump has and the old one beside it, closed. */
  readonly may: readonly ('old' | 'new')[];
  readonly check: (trial: RestoreTrial) => void;
}

export const asItWas: Live = {
  text: 'as it was',
  may: ['old'],
  check: (trial) => expect(databaseNames(trial.server)).toEqual([trial.database]),
};

export const asItWasAndLoaded: Live = {
  text: 'as it was; what is loaded so far stays beside it',
  may: ['old'],
  check: (trial) => expect(databaseNames(trial.server).sort()).toEqual([trial.database, trial.side].sort()),
};

export const asItWasAndProven: Live = {
  ...asItWasAndLoaded,
  text: 'as it was; what was proven stays beside it for a cutover',
  check: (trial) => {
    asItWasAndLoaded.check(trial);
    expect(databaseState(trial.server, trial.side).text).toContain('prepared from');
  },
};

export const restored: Live = {
  text: 'what the dump has; the one from before beside it, closed',
  may: ['new'],
  check: (trial) => expect(databaseNames(trial.server)).toHaveLength(2),
};

export const oldOrNew: Live = {
  text: 'as it was, or what the dump has and the one from before beside it',
  may: ['old', 'new'],
  check: () => {},
};

/** Something else, which the check tells. */
export function live(text: string, check: (trial: RestoreTrial) => void): Live {
  return { text, may: [], check };
}

/** What has become of the live database; undefined where it is neither what it was nor what it should be. */
export function becameOf(trial: RestoreTrial): 'old' | 'new' | undefined {
  const { server, database } = trial;
  const now = databaseState(server, database);
  if (same(now, trial.live) && now.text === trial.live.text) return 'old';
  const isNew = now.text === trial.dumped && now.oid !== trial.live.oid;
  return isNew && same(previousState(trial), trial.live) ? 'new' : undefined;
}

function previousState({ server, live }: RestoreTrial): Rows | undefined {
  const name = server.sql(
    'postgres',
    `SELECT to_json(datname) FROM pg_database WHERE oid = ${live.oid} AND NOT datallowconn`,
  );
  return name === '' ? undefined : closedState(server, JSON.parse(name));
}

type Rows = Omit<DatabaseState, 'text'>;

function same(one: Rows | undefined, other: Rows): boolean {
  return one !== undefined && one.oid === other.oid && one.rows === other.rows;
}
