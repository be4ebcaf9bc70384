import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { Instance } from '../support/pods/instance';
import { describeWithPooler, Pooler } from '../support/postgres/pooler';
import { PostgresServer } from '../support/postgres/postgres-server';

describeWithPooler('a pooler between a backup and its server is told from the server at once', () => {
  let server: PostgresServer;
  let instance: Instance;
  beforeAll(async () => {
    server = await PostgresServer.start();
    createIdentityDatabase(server);
    instance = new Instance(server, 'gnu');
  });
  afterAll(() => server.stop());

  test.each([
    ['transaction', 'takes no settings of a session', {}, 'unsupported startup parameter'],
    [
      'transaction',
      'drops the settings of a session',
      { ignore_startup_parameters: 'options' },
      'the settings of a session do not arrive at 127.0.0.1',
    ],
    ['session', 'takes no settings of a session', {}, 'unsupported startup parameter'],
    [
      'session',
      'drops the settings of a session',
      { ignore_startup_parameters: 'options' },
      'the settings of a session do not arrive at 127.0.0.1',
    ],
  ])('in the mode %s, where it %s', async (pool_mode, _, settings, says) => {
    const pooler = await Pooler.start(server, { pool_mode, ...settings });
    try {
      const { status, stderr, stdout } = await instance.backup({ PGPORT: String(pooler.port) });
      expect(status).toBe(1);
      expect(stderr).toContain(says);
      expect(stderr).toContain("name the server itself, e.g. the Service of the primary, not PgBouncer's.");
      expect(stdout).not.toContain('waiting for the server');
      expect(instance.dumps()).toEqual([]);
    } finally {
      await pooler.stop();
    }
  });
});
