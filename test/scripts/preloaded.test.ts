import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { Instance } from '../support/pods/instance';
import { PostgresServer } from '../support/postgres/postgres-server';
import { toolbox } from '../support/machine/toolbox';

const libraries = join(toolbox().root ?? '', toolbox().binDir, '../lib');
const hasBoth = ['pg_cron', 'pgaudit'].every((library) => existsSync(join(libraries, `${library}.so`)));

(hasBoth ? describe : describe.skip)('extensions that a server must have loaded at its start', () => {
  let server: PostgresServer;
  let instance: Instance;
  beforeAll(async () => {
    server = await PostgresServer.start({
      settings: { shared_preload_libraries: 'pg_cron, pgaudit, pg_stat_statements', 'cron.database_name': 'zitadel' },
    });
    createIdentityDatabase(server);
    server.sql(
      'zitadel',
      `CREATE EXTENSION pg_cron; CREATE EXTENSION pgaudit; CREATE EXTENSION pg_stat_statements;
      SELECT cron.schedule('act', '1 second', 'CREATE TABLE IF NOT EXISTS public.acted (i int)')`,
    );
    instance = new Instance(server, 'gnu');
    expect(await instance.backup()).toMatchObject({ status: 0 });
  });
  afterAll(() => server.stop());

  test('are there in a drill, whose server loads them too', async () => {
    expect(await instance.drill()).toMatchObject({ status: 5 }); // nothing in it is encrypted
    expect(instance.evidence()).toMatchObject({ compared: 'rows and contents', structure: 'sound', leftOut: null });
  });

  test('are restored, but for pg_cron, which no copy may have, and whose jobs the log tells how to get back', async () => {
    const restored = await instance.restore({ RESTORE_SESSIONS: 'disconnect' }, 'r1');
    expect(restored).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('left out: the extension pg_cron and its jobs: CREATE EXTENSION pg_cron'),
    });
    expect(server.sql('zitadel', 'SELECT extname FROM pg_extension ORDER BY 1')).toBe(
      'pg_stat_statements\npgaudit\nplpgsql',
    );
  });
});
