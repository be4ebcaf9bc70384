import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { Instance } from '../support/pods/instance';
import { isRoot, run } from '../support/machine/machine';
import { PostgresServer } from '../support/postgres/postgres-server';

/**
 * A NAS that maps all users to one of its own: whoever the pod is, it may read and write, and stat shows somebody
 * else's folders, which let nobody in. The capabilities stand for the server of the share.
 */
(isRoot ? test : test.skip).each(['busybox', 'gnu'] as const)(
  'a share with users of its own is written and read, whatever its mode bits say, under %s',
  async (userland) => {
    const server = await PostgresServer.start();
    createIdentityDatabase(server);
    const instance = new Instance(server, userland, undefined, { capabilities: ['dac_override', 'dac_read_search'] });
    mkdirSync(join(instance.folder, '.work'), { recursive: true });
    run(['chown', '-R', '1024:100', instance.nas]);
    for (const folder of [instance.folder, join(instance.folder, '.work')]) chmodSync(folder, 0o700);

    expect(await instance.backup()).toMatchObject({ status: 0 });
    expect(instance.dumps()).toHaveLength(1);
    expect(await instance.restore({ RESTORE_ACTION: 'list' })).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(instance.dumps()[0]!),
    });
    await server.stop();
  },
);
