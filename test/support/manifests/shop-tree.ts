import { Chart, Cron, Size, Testing, Yaml } from 'cdk8s';
import {
  BackupCronJob,
  type BackupCronJobProps,
  BackupPvc,
  type BackupPvcProps,
  PostgresDatabase,
  type PostgresDatabaseProps,
  PostgresImage,
  RestoreDrill,
  type RestoreDrillProps,
  RestoreJob,
  type RestoreJobProps,
  Retention,
  SecretExpectations,
  Tls,
} from '../../../src';
import { type Tree, TreeReader } from '../../../src/plan/tree';

/** What a shop may have beside or instead of the usual; false leaves a workload out. */
export interface ShopProps {
  readonly host?: string;
  /** The secret and the key of the password. */
  readonly login?: readonly [string, string];
  readonly database?: Partial<PostgresDatabaseProps>;
  readonly storage?: Partial<BackupPvcProps>;
  readonly backup?: Partial<BackupCronJobProps> | false;
  readonly restore?: Partial<RestoreJobProps> | false;
  readonly drill?: Partial<RestoreDrillProps> | false;
  /** Further expectations. */
  readonly secrets?: (secrets: SecretExpectations, chart: Chart) => void;
  /** Further restores, e.g. by a merge. */
  readonly more?: (chart: Chart, backup: BackupCronJob) => void;
}

export type Files = Record<string, string>;

/**
 * The manifests of a shop, a file each, as synth writes them. The scripts are short: what they do is tested elsewhere.
 */
export function shop(props: ShopProps = {}): Files {
  const chart = new Chart(Testing.app(), 'shop', { namespace: 'shop' });
  const secrets = new SecretExpectations(chart, 'secrets');
  const key = secrets.expectKey('shop-key', 'key', {
    bytes: 32,
    sameAsDump: true,
    because: 'the orders are encrypted with it',
  });
  const database = PostgresDatabase.at(props.host ?? 'shop-db', {
    name: 'shop',
    user: 'postgres',
    image: PostgresImage.alpine('17.2'),
    tls: Tls.require(),
    password: secrets.expectKey(...(props.login ?? ['shop-db', 'password']), {
      because: 'the backup and the restore log in with it',
    }),
    ...props.database,
  });
  props.secrets?.(secrets, chart);
  const storage = new BackupPvc(chart, 'storage', {
    name: 'shop-backup',
    storageClassName: 'nfs',
    size: Size.gibibytes(20),
    ...props.storage,
  });
  const backupProps = {
    name: 'shop-db-backup',
    database,
    storage,
    schedule: Cron.schedule({ hour: '2', minute: '0' }),
    retention: Retention.keep({ daily: 7, weekly: 4 }),
  };
  const backup = new BackupCronJob(
    props.backup === false ? new Chart(Testing.app(), 'gone', { namespace: 'shop' }) : chart,
    'backup',
    { ...backupProps, ...(props.backup || {}) },
  );
  if (props.restore !== false) new RestoreJob(chart, 'restore', { name: 'shop-db-restore', backup, ...props.restore });
  if (props.drill !== false)
    new RestoreDrill(chart, 'drill', {
      name: 'shop-db-drill',
      backup,
      proof: { name: 'orders open', key, sql: "SELECT :'key_file'\n" },
      ...props.drill,
    });
  props.more?.(chart, backup);
  return filesOf(chart);
}

const SCRIPTS: Readonly<Record<string, Files>> = {
  scripts: {
    'backup.sh': '#!/bin/sh\nset -eu\npg_dump\n',
    'prune.sh': '#!/bin/sh\nset -eu\nrm\n',
  },
  'scripts-lib': { 'common.sh': 'umask 077\n' },
  'scripts-sql': { 'lock.sql': 'SELECT pg_advisory_lock(1);\n' },
};

export function filesOf(chart: Chart): Files {
  const objects = chart.toJson() as { kind: string; metadata: { name: string }; data?: Files }[];
  return Object.fromEntries(
    objects.map((object) => {
      const [, folder] = /-backup-(scripts.*)$/.exec(object.metadata.name) ?? [];
      object.data = SCRIPTS[folder ?? ''] ?? object.data;
      return [`${object.kind}.${object.metadata.name}.yaml`, Yaml.stringify(object)];
    }),
  );
}

const reader = new TreeReader();

export function treeOf(name: string, files: Files): Tree {
  return reader.of(name, files);
}

/** Hand-made: the text of one file, replaced. Fails where there is nothing to replace. */
export function edited(
  files: Files,
  file: string,
  ...replacements: readonly (readonly [string | RegExp, string])[]
): Files {
  const text = replacements.reduce((before, [what, by]) => {
    const after = before.replace(what, by);
    if (after === before) throw new Error(`${file} has no ${what}.`);
    return after;
  }, files[file] ?? '');
  return { ...files, [file]: text };
}
