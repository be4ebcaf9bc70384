import { Instance } from '../support/pods/instance';
import { PostgresServer } from '../support/postgres/postgres-server';

test('where pg_dump has locks enough, its tables and their indexes are counted and hashed too', async () => {
  // Room for about as many locks as there are tables, and not for those of their indexes.
  const server = await PostgresServer.start({
    settings: { max_locks_per_transaction: '10', max_connections: '20', max_wal_senders: '0' },
  });
  server.sql('postgres', 'CREATE DATABASE zitadel');
  server.sql(
    'zitadel',
    `DO $$ BEGIN FOR i IN 1..400 LOOP
    EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, a int, b int); CREATE INDEX ON t%s (a); CREATE INDEX ON t%s (b)', i, i, i);
    IF i % 50 = 0 THEN COMMIT; END IF; END LOOP; END $$`,
  );
  const instance = new Instance(server, 'gnu');
  expect(await instance.backup({ CHECKS_DIR: '', ROW_COUNTS: 'false' })).toMatchObject({ status: 0 });
  expect(await instance.backup({ CHECKS_DIR: '' })).toMatchObject({ status: 0, stderr: '' });
  expect(instance.dumps()).toHaveLength(2);
  await server.stop();
});
