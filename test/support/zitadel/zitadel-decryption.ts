import { Chart, Testing } from 'cdk8s';
import { DecryptionProof, SecretExpectations } from '../../../src';
import { zitadelDecryption } from '../../../src/identity-internal/decryption';
import { createIdentityDatabase } from './identity-database';
import { MASTERKEY } from '../pods/instance';
import { PostgresServer } from '../postgres/postgres-server';
import { DataKey, EncryptedEvent, encryptionSql } from './zitadel-encryption';

export interface KeyVerdict {
  readonly id: string;
  readonly verdict: string;
  readonly reason: string;
}

/** ZITADEL's proof, as a chart expects it. */
export function proofFor(scope: Chart): DecryptionProof {
  const secrets = new SecretExpectations(scope, 'masterkey', { name: 'expected-masterkey' });
  return zitadelDecryption(secrets.expectKey('zitadel-secret', 'masterkey', { bytes: 32, because: 'of the tests' }));
}

/** ZITADEL's proof as the library hands it on. */
export const proof = proofFor(new Chart(Testing.app(), 'test'));

/** Runs the proof as a drill does, and what a test wants to ask the same session afterwards. */
export function runProof(
  server: PostgresServer,
  database: string,
  keyFile: string,
  options: readonly string[] = [],
  afterwards = '',
) {
  const separator = ['--tuples-only', '--no-align', '--field-separator=\t'];
  const set = ['--set=ON_ERROR_STOP=1', `--set=key_file=${keyFile}`, ...options];
  return server.runPsql(database, `${proof.sql}\n${afterwards}`, '--no-psqlrc', '--quiet', ...separator, ...set);
}

/** The verdicts in what psql printed; throws where that is anything else. */
export function verdicts(stdout: string): KeyVerdict[] {
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [id, verdict, reason, ...more] = line.split('\t') as [string, string, string, ...string[]];
      if (!/^(proven|refuted|unproven|unneeded)$/.test(verdict) || !/^[A-Za-z0-9]/.test(reason) || more.length > 0)
        throw new Error(`no verdict: ${line}`);
      return { id, verdict, reason };
    });
}

/** A server for the tests of a file, and what they do with it. */
export function proofServer() {
  let server: PostgresServer;
  let databases = 0;

  beforeAll(async () => {
    server = await PostgresServer.start();
    createIdentityDatabase(server, 'model');
    server.sql('model', 'DELETE FROM system.encryption_keys');
  });
  afterAll(() => server.stop());

  /** The name of a new database of ZITADEL. */
  function database(sql = ''): string {
    const name = `zitadel_${++databases}`;
    server.sql('postgres', `CREATE DATABASE ${name} TEMPLATE model`);
    server.sql(name, sql);
    return name;
  }

  function encrypted(keys: readonly DataKey[], events: readonly EncryptedEvent[]): string {
    return database(encryptionSql(keys, events));
  }

  function run(name: string, masterkey: string | Buffer = MASTERKEY, options: readonly string[] = [], afterwards = '') {
    return runProof(server, name, server.writeFile('masterkey', masterkey), options, afterwards);
  }

  function judge(name: string, masterkey: string | Buffer = MASTERKEY, ...options: string[]): KeyVerdict[] {
    const { status, stdout, stderr } = run(name, masterkey, options);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return verdicts(stdout);
  }

  return { database, encrypted, run, judge };
}
