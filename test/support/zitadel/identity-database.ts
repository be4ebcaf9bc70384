import { PostgresServer } from '../postgres/postgres-server';

/**
 * A database as an identity provider has it: an event store, projections, encryption keys, a role of its own, and
 * grants and settings on the database itself, which a plain DROP and CREATE would lose. It is the same every time.
 */
export function createIdentityDatabase(server: PostgresServer, name = 'zitadel'): void {
  const database = `"${name.replaceAll('"', '""')}"`;
  server.sql(
    'postgres',
    `
    DO $$ BEGIN
      CREATE ROLE zitadel LOGIN PASSWORD 'app';
      CREATE ROLE reporting;
    EXCEPTION WHEN duplicate_object THEN NULL;
    END $$;
    CREATE DATABASE ${database} OWNER zitadel CONNECTION LIMIT 90;
    REVOKE ALL ON DATABASE ${database} FROM PUBLIC;
    GRANT CONNECT ON DATABASE ${database} TO reporting WITH GRANT OPTION;
    ALTER DATABASE ${database} SET search_path = "$user", public, projections;
    ALTER DATABASE ${database} SET statement_timeout = '5min';
    ALTER DATABASE ${database} SET temp_tablespaces = '';
    ALTER ROLE zitadel IN DATABASE ${database} SET work_mem = '32MB';
    ALTER ROLE zitadel IN DATABASE ${database} SET app.tenant = 'it''s "one"; two';
    COMMENT ON DATABASE ${database} IS 'who may log in: it''s all here';
  `,
  );
  server.sql(
    name,
    `
    CREATE SCHEMA eventstore AUTHORIZATION zitadel;
    CREATE SCHEMA projections AUTHORIZATION zitadel;
    CREATE SCHEMA system AUTHORIZATION zitadel;
    SET ROLE zitadel;
    CREATE TABLE system.encryption_keys (id text PRIMARY KEY, key text NOT NULL);
    INSERT INTO system.encryption_keys SELECT 'key' || i, md5(i::text) FROM generate_series(1, 5) AS i;
    CREATE TABLE eventstore.events2 (
      instance_id text NOT NULL, aggregate_type text NOT NULL, aggregate_id text NOT NULL, sequence bigint NOT NULL,
      event_type text NOT NULL, payload jsonb, created_at timestamptz NOT NULL, position numeric NOT NULL,
      PRIMARY KEY (instance_id, aggregate_type, aggregate_id, sequence));
    CREATE INDEX events2_position ON eventstore.events2 (position DESC) WHERE payload IS NOT NULL;
    INSERT INTO eventstore.events2
      SELECT 'instance', 'user', (i % 100)::text, i, 'user.changed', jsonb_build_object('name', 'José "' || i || '"', 'n', i),
             '2026-01-01'::timestamptz + i * interval '1 minute', i * 1.5
        FROM generate_series(1, 5000) AS i;
    INSERT INTO eventstore.events2
      SELECT 'instance', 'system', 'SYSTEM', i, CASE i % 2 WHEN 1 THEN 'system.migration.started' ELSE 'system.migration.done' END,
             jsonb_build_object('name', 'step ' || (i + 1) / 2), '2025-12-31', i / 100.0
        FROM generate_series(1, 20) AS i;
    CREATE TABLE projections.users (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE, state int DEFAULT 0 CHECK (state >= 0));
    CREATE TABLE projections.sessions (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id bigint NOT NULL REFERENCES projections.users ON DELETE CASCADE);
    INSERT INTO projections.users (name) SELECT 'user ' || i FROM generate_series(1, 500) AS i;
    INSERT INTO projections.sessions SELECT md5(id::text)::uuid, id FROM projections.users;
    CREATE VIEW projections.active AS SELECT id, name FROM projections.users WHERE state = 0;
    GRANT USAGE ON SCHEMA projections TO reporting;
    GRANT SELECT ON projections.users TO reporting;
    ALTER DEFAULT PRIVILEGES IN SCHEMA projections GRANT SELECT ON TABLES TO reporting;
  `,
  );
}
