import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { eventually } from '../support/machine/eventually';
import { PostgresServer } from '../support/postgres/postgres-server';
import { toolbox } from '../support/machine/toolbox';
import { runProof, verdicts } from '../support/zitadel/zitadel-decryption';
import { DataKey, encryptionSql, JWK, keyPairAdded, PEM, webKeyAdded } from '../support/zitadel/zitadel-encryption';

const MASTERKEY = Buffer.from('kQ7#vT2mZx!pR9wLd4Hs%bNc6Jf8GyUe');
const key = new DataKey('key', MASTERKEY);

/** As talkative as a server can be made. */
const settings = {
  logging_collector: 'on',
  log_directory: 'log',
  log_filename: 'server.log',
  log_min_messages: 'debug1',
  log_min_error_statement: 'debug5',
  log_statement: 'all',
  log_min_duration_statement: '0',
  log_parameter_max_length: '-1',
  log_parameter_max_length_on_error: '-1',
  log_error_verbosity: 'verbose',
  debug_print_plan: 'on',
  log_temp_files: '0',
};

let server: PostgresServer;
let databases = 0;
let begin: number;

beforeAll(async () => {
  server = await PostgresServer.start({ settings });
  createIdentityDatabase(server, 'model');
  begin = Date.now();
  server.sql('model', encryptionSql([key], [webKeyAdded(key.value(JWK)), keyPairAdded(key.value(PEM))]));
});
afterAll(() => server.stop());

/** Runs the proof in a database that the dump, or somebody, changed. */
function judge(sql: string, masterkey: Buffer = MASTERKEY, ...options: string[]) {
  const name = `zitadel_${++databases}`;
  server.sql('postgres', `CREATE DATABASE ${name} TEMPLATE model`);
  server.sql(name, sql.replaceAll('DATABASE zitadel', `DATABASE ${name}`));
  return runProof(server, name, server.writeFile('masterkey', masterkey), options);
}

describe('no byte of a key or a plaintext is in the output, the log or a file of the server', () => {
  const secrets = [
    MASTERKEY,
    key.bytes,
    Buffer.from(JSON.parse(JWK).d as string),
    Buffer.from(PEM.split('\n')[3] as string),
  ];
  const pieces = secrets.flatMap((secret) => runs(secret, 8).flatMap(spellings));
  const found = (content: Buffer) => pieces.filter((piece) => content.includes(piece)).map(String);

  /** What was logged since the last database was made. */
  async function log(): Promise<string> {
    const end = `the end ${randomBytes(8).toString('hex')}`;
    server.sql('postgres', `SELECT '${end}'`);
    const file = join(server.dataFolder, 'log', 'server.log');
    await eventually('the log has all statements', () => readFileSync(file).includes(end));
    const whole = readFileSync(file, 'utf8');
    return whole.slice(whole.lastIndexOf('CREATE DATABASE'));
  }

  async function expectNone(stdout: string, stderr: string): Promise<void> {
    const logged = await log();
    expect(logged).toContain('pg_read_binary_file'); // that is what a log of all statements is
    expect({ output: found(Buffer.from(stdout + stderr)), log: found(Buffer.from(logged)) }).toEqual({
      output: [],
      log: [],
    });
    server.sql('postgres', 'CHECKPOINT');
    const halves = secrets.flatMap((secret) =>
      runs(secret, 16)
        .filter((_, n) => n % 16 === 0)
        .flatMap(spellings),
    );
    expect(files(server.dataFolder).filter((file) => has(file, halves))).toEqual([]);
  }

  test('and this search would find one', () => {
    for (const secret of secrets) {
      const texts = [
        secret.toString('hex').slice(7, 40),
        secret.toString('base64'),
        secret.toString('latin1', 3, 15),
        [...secret].join(' '),
      ];
      for (const text of texts) {
        expect(found(Buffer.from(`a log: ${text}`, 'latin1'))).not.toEqual([]);
      }
    }
  });

  test.each([
    ['the right key', MASTERKEY],
    ['a wrong key', randomBytes(32)],
    ['a line break at the end', Buffer.concat([MASTERKEY, Buffer.from('\n')])],
    ['half of the key', MASTERKEY.subarray(0, 16)],
  ])('with %s', async (_, masterkey) => {
    const { status, stdout, stderr } = judge('', masterkey);
    expect(status).toBe(0);
    await expectNone(stdout, stderr);
  });

  test('when the proof fails in the middle', async () => {
    const { status, stdout, stderr } = judge(`
      ALTER TABLE system.encryption_keys RENAME TO real_keys;
      CREATE VIEW system.encryption_keys AS
        SELECT id, key FROM system.real_keys UNION ALL SELECT 'last', (1 / (length(key) - length(key)))::text FROM system.real_keys`);
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toContain('division by zero');
    await expectNone(stdout, stderr);
  });
});

test.each([
  ['pgcrypto in a schema of its own', 'CREATE SCHEMA "Its Own"; CREATE EXTENSION pgcrypto WITH SCHEMA "Its Own"'],
  [
    'settings',
    `
    ALTER DATABASE zitadel SET default_transaction_read_only = on;
    ALTER DATABASE zitadel SET statement_timeout = '1ms';
    ALTER DATABASE zitadel SET bytea_output = 'escape';
    ALTER DATABASE zitadel SET standard_conforming_strings = off;
    ALTER DATABASE zitadel SET client_min_messages = debug5`,
  ],
  [
    "functions with the names of PostgreSQL's own",
    `
    ALTER DATABASE zitadel SET search_path = public, pg_catalog;
    CREATE FUNCTION public.length(bytea) RETURNS int RETURN 1/0;
    CREATE FUNCTION public.encode(bytea, text) RETURNS text RETURN (1/0)::text`,
  ],
])('the proof works in spite of what a dump brings along: %s', (_, sql) => {
  expect(verdicts(judge(sql).stdout)).toMatchObject([{ id: 'key', verdict: 'proven' }]);
});

test('nothing is proven or refuted where pgcrypto cannot be made', () => {
  const { status, stdout, stderr } = judge(`
    CREATE FUNCTION public.refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE E'no\\textension\\nhere'; END $$;
    CREATE EVENT TRIGGER refuse ON ddl_command_start WHEN TAG IN ('CREATE EXTENSION') EXECUTE FUNCTION public.refuse()`);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(verdicts(stdout)).toEqual([
    {
      id: '-',
      verdict: 'unproven',
      reason: 'pgcrypto cannot decrypt here (no extension here): take an image that has it',
    },
  ]);
});

const beforeNative = toolbox().major < 18 ? test : test.skip;
beforeNative('nothing is proven or refuted with a CFB that is asked for and not there (before PostgreSQL 18)', () => {
  const { status, stdout } = judge('', MASTERKEY, '--set=cfb=native');
  expect(status).toBe(0);
  expect(verdicts(stdout)).toEqual([
    { id: '-', verdict: 'unproven', reason: expect.stringMatching(/^pgcrypto cannot decrypt here \(.*aes-cfb.*\)/) },
  ]);
});

/** Every run of so many bytes. */
function runs(secret: Buffer, length: number): Buffer[] {
  return Array.from({ length: secret.length - length + 1 }, (_, start) => secret.subarray(start, start + length));
}

function spellings(piece: Buffer): Buffer[] {
  const octal = [...piece].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  const decimal = [...piece].join(' '); // in a printed plan
  return [
    piece,
    ...[piece.toString('hex'), piece.toString('base64').slice(0, 10), octal, decimal].map((text) => Buffer.from(text)),
  ];
}

function has(file: string, pieces: readonly Buffer[]): boolean {
  const content = readFileSync(file);
  return pieces.some((piece) => content.includes(piece));
}

/** The files that were written since the databases were made. */
function files(folder: string): string[] {
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file));
  return all.filter((file) => statSync(file).isFile() && statSync(file).mtimeMs >= begin);
}
