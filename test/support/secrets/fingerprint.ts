import { spawnSync } from 'node:child_process';
import { PostgresServer } from '../postgres/postgres-server';
import { client } from '../machine/toolbox';

/**
 * All that there is to know of a database, as pg_dump writes it: rows, indexes, owners, grants, comments and settings.
 * Two databases with the same text are the same to every client.
 */
export function fingerprint(server: PostgresServer, database: string): string {
  const [program, ...args] = [...client('pg_dump'), '--create'] as unknown as [string, ...string[]];
  const env = {
    PGHOST: server.host,
    PGPORT: String(server.port),
    PGUSER: server.user,
    PGPASSWORD: server.password,
    PGDATABASE: database,
  };
  const { status, stdout, stderr } = spawnSync(program, args, { env, encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(stderr);
  // Each dump has a random key here.
  return stdout.replace(/^\\(un)?restrict .*$/gm, '');
}
