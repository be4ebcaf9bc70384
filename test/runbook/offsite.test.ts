import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Runbook } from '../../src';
import { chart } from '../support/manifests/synth';
import { toolbox } from '../support/machine/toolbox';
import { describeWithBucket } from '../support/offsite/describe-with-bucket';
import { ObjectStore } from '../support/offsite/object-store';
import { lockedBucket } from '../support/offsite/shop';
import { type ShopCluster, shopCluster } from '../support/offsite/shop-cluster';
import type { Instance } from '../support/pods/instance';
import { databaseNames } from '../support/postgres/database-state';
import { PostgresServer } from '../support/postgres/postgres-server';
import type { RunbookCluster } from '../support/runbook/runbook-cluster';
import { danglingLinks, type Section, sectionsOf } from '../support/runbook/runbook-page';
import { RunbookShell } from '../support/runbook/runbook-shell';
import { fingerprint } from '../support/secrets/fingerprint';

(toolbox().kubectl === null ? describe.skip : describeWithBucket)('the runbook, where the NAS is gone', () => {
  const dump = 'shop-20261123-020000';
  let server: PostgresServer;
  let store: ObjectStore;
  let instance: Instance;
  let cluster: RunbookCluster;
  let shell: RunbookShell;
  let sections: Section[];
  let page: string;
  let facts: ShopCluster['facts'];
  let dumped: string;

  const live = (): string => fingerprint(server, 'shop');
  const blocks = (heading: RegExp): readonly string[] =>
    sections.find((section) => heading.test(section.heading))!.blocks;
  const burn = (): void => {
    for (const name of readdirSync(instance.nas)) rmSync(join(instance.nas, name), { recursive: true });
  };

  beforeAll(async () => {
    [server, store] = await Promise.all([PostgresServer.start(), lockedBucket(30)]);
    server.sql('postgres', 'CREATE ROLE shopkeeper LOGIN');
    server.sql('postgres', 'CREATE DATABASE shop OWNER shopkeeper');
    server.sql('shop', 'CREATE TABLE orders AS SELECT id, md5(id::text) AS note FROM generate_series(1, 1000) AS id');
    server.sql('shop', 'ALTER TABLE orders OWNER TO shopkeeper');
    ({ cluster, instance, facts, page } = shopCluster(server, store));
    sections = sectionsOf(page);
    shell = new RunbookShell(await cluster.open());
    expect(await instance.backup()).toMatchObject({ status: 0 });
    instance.copyDump(instance.dumps()[0]!, '20261123-020000');
    expect(await instance.offsite()).toMatchObject({ status: 0 });
    dumped = live();
  });
  afterAll(async () => {
    await cluster?.close();
    await server?.stop();
    await store?.stop();
  });

  test('has a section for that, on a page that can still be read', () => {
    expect(page).toMatch(/^\| The NAS, or what was on it, is gone \| .*list --from offsite`: \[section 9\]/m);
    expect(danglingLinks(page)).toEqual([]);
    expect(page.split('\n').length).toBeLessThanOrEqual(300);
  });

  test('names each key of the copies with its reason, and says that it must be kept elsewhere', () => {
    expect(page).toMatch(/They must outlive this cluster.*[^]*No place is declared here/);
    for (const key of ['accessKey', 'secretKey']) {
      expect(page).toContain(`| \`shop-offsite\` | \`${key}\` | the copies are reached with it |`);
    }
    for (const key of ['password', 'salt']) {
      expect(page).toContain(`| \`shop-offsite\` | \`${key}\` | without it no copy in the bucket can be decrypted |`);
    }
  });

  test('shows the keys', async () => {
    const { status, output } = await shell.type(blocks(/^Step 1: the keys/));
    expect(output).toMatch(/^NAME[^]*\nshop-offsite /);
    expect(status).toBe(0);
  });

  test('restores a damaged database from the bucket alone, and goes back', async () => {
    burn();
    server.sql('shop', 'DROP TABLE orders');
    const damaged = live();
    const [restore, undo] = blocks(/^Step 2: the data/) as [string, string];
    const { status, output } = await shell.type([restore]);
    expect(output).toMatch(new RegExp(`${dump} .* yes [^]*would begin[^]*fetched ${dump}\\.dump`));
    expect([status, live()]).toEqual([0, dumped]);
    expect((await shell.type([undo])).status).toBe(0);
    expect(live()).toBe(damaged);
  });

  test('restores into a server that knows nothing', async () => {
    for (const name of databaseNames(server)) server.sql('postgres', `DROP DATABASE "${name}" WITH (FORCE)`);
    server.sql('postgres', 'DROP ROLE shopkeeper');
    const { status, output } = await shell.type(blocks(/^Step 2: the data/).slice(0, 1));
    expect(output).toMatch(/created roles that were missing: .*shopkeeper/);
    expect([status, live()]).toEqual([0, dumped]);
  });

  test('backs up to the new place, copies, and proves the copy', async () => {
    const { status, output } = await shell.type(blocks(/^Step 3: a new place/));
    expect(output).toMatch(/complete and verified[^]*is off site[^]*== verdict: proven/);
    expect(status).toBe(0);
    expect(instance.evidence()).toMatchObject({ verdict: 'proven', source: 'offsite', dump: instance.dumps()[0] });
  });

  test('shows the log of a copy that failed, and copies again', async () => {
    const { status, output } = await shell.type(blocks(/A backup has failed/).slice(-1));
    expect(output).toMatch(/^\[pod\/copy-[^]*"pgbackup":"copy"[^]*every verified dump is in dumps\/internal\/shop/);
    expect(status).toBe(0);
  });

  test('takes no template of other dumps', () => {
    expect(
      () => new Runbook(chart(), 'runbook', { ...facts, copies: { ...facts.copies, restore: facts.restore } }),
    ).toThrow(/^runbook\.copies\.restore \("shop-db-restore"\) does not take the copies of shop-db-copy/);
  });
});
