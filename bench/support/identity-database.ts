import { PostgresServer } from '../../test/support/postgres/postgres-server';

/**
 * Fills a database like an identity provider's until it has the size; events are nearly all of it, as in a real one.
 */
export function fillIdentityDatabase(server: PostgresServer, name: string, megabytes: number): void {
  server.sql('postgres', `CREATE DATABASE ${name}`);
  server.sql(
    name,
    `
    CREATE SCHEMA eventstore; CREATE SCHEMA projections; CREATE SCHEMA system;
    CREATE TABLE system.encryption_keys (id text PRIMARY KEY, key text NOT NULL);
    INSERT INTO system.encryption_keys SELECT 'key' || i, md5(i::text) FROM generate_series(1, 10) AS i;
    CREATE TABLE eventstore.events2 (
      instance_id text NOT NULL, aggregate_type text NOT NULL, aggregate_id text NOT NULL, event_type text NOT NULL,
      sequence bigint NOT NULL, revision smallint NOT NULL, created_at timestamptz NOT NULL, payload jsonb,
      creator text NOT NULL, "owner" text NOT NULL, "position" numeric NOT NULL, in_tx_order int NOT NULL);
    CREATE TABLE projections.users (id text, instance_id text, username text, state smallint, changed timestamptz, data jsonb);
    SELECT setseed(0.5);
  `,
  );
  // A row takes about 900 bytes with its indexes. A token in each payload makes it as hard to compress as real ones
  // are.
  const batch = 100_000;
  for (let from = 0; from < (megabytes * 1_000_000) / 900; from += batch) {
    server.sql(
      name,
      `
      INSERT INTO eventstore.events2
        SELECT '2684' || (i % 3), (ARRAY['user', 'session', 'oidc_session', 'project', 'org'])[1 + i % 5],
               (27000000000000000 + (random() * 50000)::bigint)::text,
               (ARRAY['user.token.added', 'session.checked', 'oidc_session.added', 'user.human.changed'])[1 + i % 4],
               i, 2, '2025-01-01'::timestamptz + i * interval '7 seconds',
               jsonb_build_object('userAgentID', md5(random()::text), 'tokenID', (random() * 1e17)::bigint, 'scopes',
                 jsonb_build_array('openid', 'profile', 'email', 'urn:zitadel:iam:org:project:id:zitadel:aud'),
                 'expiration', '2025-06-01'::timestamptz + i * interval '7 seconds', 'preferredLanguage', 'en',
                 'token', encode(sha256(random()::text::bytea) || sha256(i::text::bytea), 'base64'),
                 'email', 'user' || (random() * 50000)::int || '@example.com', 'hash', md5(i::text) || md5(random()::text)),
               'LOGIN', '26840000000000', 1736000000 + i * 0.7, i % 3
          FROM generate_series(${from}, ${from + batch - 1}) AS i;
      INSERT INTO projections.users
        SELECT i::text, '26840', 'user' || i, i % 4, now(), jsonb_build_object('mail', md5(random()::text), 'lang', 'en')
          FROM generate_series(${from / 10}, ${from / 10 + batch / 10 - 1}) AS i;
    `,
    );
  }
  server.sql(
    name,
    `
    ALTER TABLE eventstore.events2 ADD PRIMARY KEY (instance_id, aggregate_type, aggregate_id, sequence);
    CREATE INDEX events2_position ON eventstore.events2 (instance_id, "position" DESC, in_tx_order DESC);
    CREATE INDEX events2_type ON eventstore.events2 (event_type, created_at);
    ALTER TABLE projections.users ADD PRIMARY KEY (instance_id, id);
    VACUUM ANALYZE;
  `,
  );
}
