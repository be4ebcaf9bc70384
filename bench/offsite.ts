import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import globalSetup from '../test/support/jest/global-setup';
import globalTeardown from '../test/support/jest/global-teardown';
import { clearLeftovers } from '../test/support/machine/leftovers';
import { run } from '../test/support/machine/machine';
import { ADMIN, ObjectStore } from '../test/support/offsite/object-store';
import { PROGRAMS } from '../test/support/offsite/programs';
import { BUCKET, PASSWORD, SALT, said, secretOf, shop, type ShopOptions } from '../test/support/offsite/shop';
import type { Instance } from '../test/support/pods/instance';
import { PostgresServer } from '../test/support/postgres/postgres-server';
import { fillIdentityDatabase } from './support/identity-database';
import { options } from './support/options';
import { median, rounds, seconds } from './support/rounds';

const chosen = options(
  'A whole copy of a dump to an encrypted bucket on this machine, read back and not, against a plain `rclone ' +
    'copy` of the same files, alternating in one run.',
  { megabytes: 1000, rounds: 3 },
);

const RCLONE = join(PROGRAMS, 'rclone');
let prefixes = 0;

async function main(): Promise<void> {
  const [server, store] = await Promise.all([PostgresServer.start(), ObjectStore.start({}, 1024)]);
  await store.makeBucket(BUCKET);
  fillIdentityDatabase(server, 'shop', chosen.megabytes);
  const base = shop(server, store, 'busybox', { compressed: false });
  const backup = await base.backup({ ROW_COUNTS: 'false' });
  if (backup.status !== 0) throw new Error(backup.output);
  const bytes = Number(run(['du', '-sb', base.folder]).split('\t')[0]);
  console.log(`files of ${(bytes / 1e6).toFixed(0)} MB, medians of ${chosen.rounds}:\n`);
  const copy = (options: ShopOptions): (() => Promise<number>) => {
    return () => {
      const instance = shop(server, store, 'busybox', { ...options, prefix: `round-${++prefixes}` });
      instance.secrets['shop-offsite'] = secretOf(ADMIN);
      run(['cp', '-a', base.folder, instance.nas]);
      return seconds(async () => {
        const result = await instance.offsite();
        if (result.status !== 0) throw new Error(said(result));
      });
    };
  };
  const samples = await rounds(chosen.rounds, {
    'plain rclone copy, encrypted': () => seconds(() => plain(store, base)),
    'whole copy, without reading it back': copy({ readBack: false }),
    'whole copy, read back and compared': copy({}),
  });
  console.log('| Copy | Time | of the first |\n| --- | --- | --- |');
  const first = median(Object.values(samples)[0]!);
  for (const [name, of] of Object.entries(samples))
    console.log(`| ${name} | ${median(of).toFixed(1)} s | ${(median(of) / first).toFixed(2)} |`);
}

function plain(store: ObjectStore, { folder }: Instance): void {
  const ca = join(folder, '..', 'ca.crt');
  writeFileSync(ca, store.authority.certificate);
  const obscured = (text: string): string =>
    run(['sh', '-c', 'printf "%s\\n" "$1" | "$2" obscure -', 'sh', text, RCLONE]);
  const env = {
    RCLONE_CONFIG: '',
    RCLONE_CA_CERT: ca,
    RCLONE_CONFIG_BUCKET_TYPE: 's3',
    RCLONE_CONFIG_BUCKET_PROVIDER: 'Other',
    RCLONE_CONFIG_BUCKET_ENDPOINT: store.endpoint,
    RCLONE_CONFIG_BUCKET_REGION: 'us-east-1',
    RCLONE_CONFIG_BUCKET_ACCESS_KEY_ID: ADMIN.id,
    RCLONE_CONFIG_BUCKET_SECRET_ACCESS_KEY: ADMIN.secret,
    RCLONE_CONFIG_COPIES_TYPE: 'crypt',
    RCLONE_CONFIG_COPIES_REMOTE: `bucket:${BUCKET}/round-${++prefixes}`,
    RCLONE_CONFIG_COPIES_FILENAME_ENCRYPTION: 'off',
    RCLONE_CONFIG_COPIES_PASSWORD: obscured(PASSWORD).trim(),
    RCLONE_CONFIG_COPIES_PASSWORD2: obscured(SALT).trim(),
  };
  run([RCLONE, 'copy', folder, 'copies:'], { ...process.env, ...env });
}

globalSetup()
  .then(main)
  .finally(async () => {
    await clearLeftovers();
    globalTeardown();
  });
