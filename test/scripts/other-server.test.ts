import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { databaseNames, dropDatabases } from '../support/postgres/database-state';
import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { fingerprint } from '../support/secrets/fingerprint';
import { Instance } from '../support/pods/instance';
import { PostgresServer } from '../support/postgres/postgres-server';

/** A server, its dump with something odd in it, and another server that knows nothing of it. */
describe.each<[string, string, string]>([
  [
    'names that hold DATABASE',
    '',
    'CREATE TABLE "DATABASECHANGELOG" (id text PRIMARY KEY); GRANT SELECT ON "DATABASECHANGELOG" TO reporting',
  ],
  [
    'a first superuser of another name, who has granted roles',
    `CREATE ROLE tmp SUPERUSER; SET SESSION AUTHORIZATION tmp; ALTER ROLE postgres RENAME TO admin;
    CREATE ROLE postgres SUPERUSER LOGIN PASSWORD :'password'; RESET SESSION AUTHORIZATION; CREATE ROLE team; CREATE ROLE dev; GRANT team TO dev`,
    'SELECT 1',
  ],
  [
    'a tablespace',
    "SET allow_in_place_tablespaces = on; CREATE TABLESPACE fast LOCATION ''",
    'CREATE TABLE archive (id int) TABLESPACE fast; INSERT INTO archive VALUES (1)',
  ],
])('%s', (_, before, sql) => {
  let server: PostgresServer;
  let fresh: PostgresServer;
  let instance: Instance;
  beforeAll(async () => {
    [server, fresh] = await Promise.all([PostgresServer.start(), PostgresServer.start()]);
    createIdentityDatabase(server);
    server.sql('postgres', before.replace(":'password'", `'${server.password.replaceAll("'", "''")}'`));
    server.sql('zitadel', sql);
    instance = new Instance(server, 'gnu');
    expect(await instance.backup()).toMatchObject({ status: 0 });
  });
  afterAll(() => Promise.all([server.stop(), fresh.stop()]));

  test('a drill proves the dump', async () => {
    expect(await instance.drill()).toMatchObject({ status: 5 }); // nothing in it is encrypted
    expect(instance.evidence()).toMatchObject({ compared: 'rows and contents' });
  });

  test('a restore that fails leaves no database on a fresh server, and one that succeeds all of it', async () => {
    for (const keys of Object.values(instance.secrets))
      for (const key of Object.keys(keys)) if (keys[key] === server.password) keys[key] = fresh.password;
    const there = { PGPORT: String(fresh.port) };
    const failed = await instance.restore({ ...there, RESTORE_OPTIONS: '-c nonsense=1' }, 'r1');
    expect(failed.status).toBe(1);
    expect(databaseNames(fresh)).toEqual([]);
    expect(await instance.restore(there, 'r1')).toMatchObject({ status: 0 });
    const text = (of: PostgresServer): string =>
      fingerprint(of, 'zitadel')
        .replace(/; Tablespace: \w+|SET default_tablespace = .*/g, '')
        .replace(/\n+/g, '\n');
    expect(text(fresh)).toBe(text(server));
  });

  test(
    'a dump of an older version, whose manifest knows neither the database itself nor its structure, comes back ' +
      'too',
    async () => {
      const manifest = join(instance.folder, `${instance.dumps()[0]}.json`);
      const { definition, structure, ...older } = JSON.parse(readFileSync(manifest, 'utf8'));
      expect([definition, structure]).toEqual([expect.any(Object), expect.any(Object)]);
      writeFileSync(manifest, JSON.stringify(older));
      dropDatabases(fresh);
      if (before.includes('TABLESPACE')) fresh.sql('postgres', before);
      expect(await instance.restore({ PGPORT: String(fresh.port) }, 'r2')).toMatchObject({
        status: 0,
        stderr: expect.stringContaining('the structure is not compared'),
      });
      expect(databaseNames(fresh)).toEqual(['zitadel']);
      expect(fingerprint(fresh, 'zitadel')).toBe(fingerprint(server, 'zitadel'));
    },
  );
});
