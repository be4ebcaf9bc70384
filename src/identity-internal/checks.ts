import { RestoreCheck } from '..';

/** Statements that must be true of ZITADEL's data in every dump and after every restore. */
export const zitadelChecks: RestoreCheck[] = [
  RestoreCheck.sql({
    name: 'the event store has events',
    query: 'SELECT EXISTS (SELECT FROM eventstore.events2)',
    expect: 't',
  }),
  RestoreCheck.sameAsDump({
    name: 'position of the newest event',
    query: 'SELECT max(position) FROM eventstore.events2',
  }),
  // A later setup would wait forever for the end of a migration that was in flight.
  RestoreCheck.sql({
    name: 'no setup migration was in flight',
    query: `
      SELECT count(*)
        FROM eventstore.events2 AS started
       WHERE started.aggregate_type = 'system' AND started.event_type = 'system.migration.started'
         AND NOT EXISTS (
           SELECT FROM eventstore.events2 AS ended
            WHERE ended.aggregate_type = 'system'
              AND ended.event_type IN ('system.migration.done', 'system.migration.failed', 'system.migration.skipped',
                                       'system.migration.repeatable.done')
              AND ended.payload ->> 'name' = started.payload ->> 'name' AND ended.position >= started.position)`,
    expect: '0',
  }),
];
