import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint } from '../support/secrets/fingerprint';
import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { Instance } from '../support/pods/instance';
import { PostgresServer } from '../support/postgres/postgres-server';
import { usually } from '../support/machine/userlands';

describe.each(usually('gnu'))('the checks of dist/ under %s', (userland) => {
  let server: PostgresServer;
  let instance: Instance;

  beforeEach(async () => {
    server = await PostgresServer.start();
    createIdentityDatabase(server);
    instance = new Instance(server, userland);
  });
  afterEach(() => server.stop());

  const manifestFile = () => join(instance.folder, `${instance.dumps()[0]}.json`);

  test("are recorded in the dump's snapshot and pass after a restore", async () => {
    expect(await instance.backup()).toMatchObject({ status: 0, stderr: '' });
    expect(JSON.parse(readFileSync(manifestFile(), 'utf8')).checks).toEqual({
      'the event store has events': 't',
      'position of the newest event': '7500.0',
      'no setup migration was in flight': '0',
    });
    const { status, stdout } = await instance.restore();
    expect(status).toBe(0);
    expect(stdout).toContain('check passed: position of the newest event (7500.0)');
  });

  test('warn while a setup is in flight, and refuse to restore that dump', async () => {
    server.sql(
      'zitadel',
      `INSERT INTO eventstore.events2 VALUES
      ('instance', 'system', 'SYSTEM', 99, 'system.migration.started', '{"name": "step 99"}', now(), 9000)`,
    );
    const backup = await instance.backup();
    expect(backup.status).toBe(0);
    expect(backup.stderr).toContain(
      'check failed in this dump: no setup migration was in flight (expected 0, found 1). A restore of it will ' +
        'be refused.',
    );
    const before = fingerprint(server, 'zitadel');
    const restore = await instance.restore();
    expect(restore.status).toBe(1);
    expect(restore.stderr).toContain(
      'check failed: no setup migration was in flight (expected 0, found 1). "zitadel" is untouched.',
    );
    expect(fingerprint(server, 'zitadel')).toBe(before);
  });

  test('that cannot be evaluated do not fail the backup', async () => {
    server.sql('zitadel', 'DROP TABLE eventstore.events2');
    const backup = await instance.backup();
    expect(backup.status).toBe(0);
    expect(backup.stderr).toContain('relation "eventstore.events2" does not exist');
    expect(JSON.parse(readFileSync(manifestFile(), 'utf8'))).toMatchObject({
      checks: { 'position of the newest event': '' },
      rows: { 'projections.users': 500 },
    });
  });
});
