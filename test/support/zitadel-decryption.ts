import { Chart, Testing } from 'cdk8s';
import { DecryptionProof, SecretExpectations } from '../../src';
import { zitadelDecryption } from '../../src/identity-internal/decryption';
import type { PostgresServer } from './postgres-server';

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
export function runProof(server: PostgresServer, database: string, keyFile: string, options: readonly string[] = [], afterwards = '') {
  const separator = ['--tuples-only', '--no-align', '--field-separator=\t'];
  const set = ['--set=ON_ERROR_STOP=1', `--set=key_file=${keyFile}`, ...options];
  return server.runPsql(database, `${proof.sql}\n${afterwards}`, '--no-psqlrc', '--quiet', ...separator, ...set);
}

/** The verdicts in what psql printed; throws where that is anything else. */
export function verdicts(stdout: string): KeyVerdict[] {
  return stdout.split('\n').filter(Boolean).map((line) => {
    const [id, verdict, reason, ...more] = line.split('\t') as [string, string, string, ...string[]];
    if (!/^(proven|refuted|unproven)$/.test(verdict) || !/^[A-Za-z0-9]/.test(reason) || more.length > 0) throw new Error(`no verdict: ${line}`);
    return { id, verdict, reason };
  });
}
