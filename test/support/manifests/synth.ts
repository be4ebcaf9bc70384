import { ApiObject, Chart, Size, Testing, Yaml } from 'cdk8s';
import { BackupPvc, PostgresDatabase, PostgresDatabaseProps, PostgresImage, SecretExpectations } from '../../../src';

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    creationTimestamp?: string;
  };
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  [field: string]: any;
}

/** A chart as a consumer has it, with a namespace. */
export function chart(): Chart {
  return new Chart(Testing.app(), 'shop', { namespace: 'shop' });
}

export function storage(scope: Chart): BackupPvc {
  return new BackupPvc(scope, 'storage', { name: 'shop-backup', storageClassName: 'nfs', size: Size.gibibytes(5) });
}

export function database(scope: Chart, props: Partial<PostgresDatabaseProps> = {}): PostgresDatabase {
  return PostgresDatabase.at('shop-db', {
    name: 'shop',
    user: 'postgres',
    password: new SecretExpectations(scope, 'secrets').expectKey('shop-db', 'password', {
      because: 'everything logs in with it',
    }),
    image: PostgresImage.alpine('17.2'),
    ...props,
  });
}

/** The manifest of one object. */
export function manifest(scope: Chart, kind: string, name?: string): Manifest {
  const found = (Testing.synth(scope) as Manifest[]).filter(
    (object) => object.kind === kind && (name === undefined || object.metadata.name === name),
  );
  expect(found.map((object) => object.metadata.name)).toHaveLength(1);
  return found[0]!;
}

/** The text that a reviewer sees; the digest of the scripts has tests of its own. */
export function yaml(object: ApiObject | object): string {
  return Yaml.stringify(object instanceof ApiObject ? object.toJson() : object).replace(
    /scripts-sha256: [0-9a-f]{64}/g,
    'scripts-sha256: <digest>',
  );
}
