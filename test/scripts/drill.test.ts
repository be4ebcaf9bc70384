import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createIdentityDatabase } from '../support/identity-database';
import { Instance } from '../support/instance';
import { PostgresServer } from '../support/postgres-server';

describe.each(['ash', 'dash'] as const)('a drill of dist/ under %s', (shell) => {
  let server: PostgresServer;
  let instance: Instance;

  beforeEach(async () => {
    server = await PostgresServer.start();
    createIdentityDatabase(server);
    instance = new Instance(server, shell);
    expect((await instance.backup()).status).toBe(0);
  });
  afterEach(() => server.stop());

  const evidence = (file = 'latest.json') => JSON.parse(readFileSync(join(instance.folder, 'drills', file), 'utf8'));

  test('restores and proves a dump with the server down, and says so', async () => {
    const [name] = instance.dumps();
    server.stop();
    const result = await instance.drill();
    expect(result.stderr).toBe('');
    expect(result.status).toBe(5);
    expect(evidence()).toMatchObject({ verdict: 'inconclusive', dump: name, compared: 'rows and contents', structure: 'sound' });
    expect(readdirSync(join(instance.folder, 'drills'))).toHaveLength(2);
  });
});
