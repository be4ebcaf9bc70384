import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createIdentityDatabase } from '../support/identity-database';
import { PostgresServer } from '../support/postgres-server';
import { toolbox } from '../support/toolbox';
import { runProof, verdicts } from '../support/zitadel-decryption';
import { DataKey, encryptionSql, JWK, keyPairAdded, PEM, webKeyAdded } from '../support/zitadel-encryption';

const MASTERKEY = Buffer.from('kQ7#vT2mZx!pR9wLd4Hs%bNc6Jf8GyUe');
const key = new DataKey('key', MASTERKEY);

let server: PostgresServer;

/** As talkative as a server can be made. */
const settings = {
  log_statement: 'all', log_min_duration_statement: '0', log_min_error_statement: 'debug5', log_min_messages: 'debug1',
  log_error_verbosity: 'verbose', log_parameter_max_length: '-1', log_parameter_max_length_on_error: '-1', debug_print_plan: 'on',
};

beforeAll(async () => {
  server = await PostgresServer.start({ settings });
  createIdentityDatabase(server);
  server.sql('zitadel', encryptionSql([key], [webKeyAdded(key.value(JWK)), keyPairAdded(key.value(PEM))]));
});
afterAll(() => server.stop());

function judge(masterkey: Buffer, options: string[] = []) {
  return runProof(server, 'zitadel', server.writeFile('masterkey', masterkey), options);
}

function change(sql: string, undo: string, check: () => void): void {
  server.sql('zitadel', sql);
  try {
    check();
  } finally {
    server.sql('zitadel', undo);
  }
}

describe('no byte of a key or a plaintext', () => {
  const secrets = [MASTERKEY, key.bytes, Buffer.from(JSON.parse(JWK).d as string), Buffer.from(PEM.split('\n')[3] as string)];
  // What decrypting with the wrong keys makes is no secret, but what is not shown of it is not shown of the right ones.
  const pieces = secrets.flatMap((secret) => pieceOf(secret).flatMap((piece) => spellings(piece)));

  function expectNone(where: string, content: Buffer): void {
    expect({ where, leaks: pieces.filter((piece) => content.includes(piece)).map(String) }).toEqual({ where, leaks: [] });
  }

  test('can hide from this search', () => {
    expect(pieces.some((piece) => Buffer.from(`a log: \\x${key.bytes.toString('hex').slice(7, 40)}`).includes(piece))).toBe(true);
    expect(pieces.some((piece) => MASTERKEY.subarray(5).includes(piece))).toBe(true);
  });

  test.each([
    ['the right key', MASTERKEY, 0],
    ['a wrong key', randomBytes(32), 0],
    ['a line break at its end', Buffer.concat([MASTERKEY, Buffer.from('\n')]), 0],
    ['half of the key', MASTERKEY.subarray(0, 16), 0],
  ])('is in the output, the log of the server or its files: %s', (_, masterkey, expected) => {
    const { status, stdout, stderr } = judge(masterkey);
    expect(status).toBe(expected);
    server.sql('postgres', 'CHECKPOINT');
    expectNone('output', Buffer.from(stdout + stderr));
    expectNone('log', Buffer.from(server.log()));
    for (const file of files(server.dataFolder)) expectNone(file, readFileSync(file));
  });

  test('is in an error: a server that fails in the middle shows none', () => {
    const blocks = 'CREATE SCHEMA broken; CREATE EXTENSION pgcrypto WITH SCHEMA broken';
    change(blocks, 'DROP SCHEMA broken CASCADE', () => {
      // A statement that is cut short reports where it was, the function's arguments included where a setting says so.
      const failing = `ALTER TABLE system.encryption_keys ADD COLUMN more int;
        CREATE FUNCTION broken.fail(bytea) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE division_by_zero; END'`;
      server.sql('zitadel', failing);
      const { status, stdout, stderr } = runProof(server, 'zitadel', server.writeFile('masterkey', MASTERKEY), [], `
        SELECT broken.fail(:decrypt(pg_temp.from_base64(key), pg_read_binary_file(:'key_file'))) FROM system.encryption_keys;`);
      expect({ status, stdout: verdicts(stdout) }).toMatchObject({ status: 3, stdout: [{ verdict: 'proven' }] });
      expectNone('output', Buffer.from(stdout + stderr));
      expectNone('log', Buffer.from(server.log()));
    });
  });
});

describe('the proof does with what a dump brings along', () => {
  test('pgcrypto in a schema of the dump\'s', () => {
    change('CREATE SCHEMA "Its Own"; CREATE EXTENSION pgcrypto WITH SCHEMA "Its Own"', 'DROP SCHEMA "Its Own" CASCADE', () => {
      expect(verdicts(judge(MASTERKEY).stdout)).toMatchObject([{ id: 'key', verdict: 'proven' }]);
    });
  });

  test('settings, and functions with the names of PostgreSQL\'s own', () => {
    change(`
      ALTER DATABASE zitadel SET default_transaction_read_only = on;
      ALTER DATABASE zitadel SET statement_timeout = '1ms';
      ALTER DATABASE zitadel SET bytea_output = 'escape';
      ALTER DATABASE zitadel SET client_min_messages = debug5;
      ALTER DATABASE zitadel SET search_path = public, pg_catalog;
      SET default_transaction_read_only = off;
      CREATE FUNCTION public.length(bytea) RETURNS int RETURN 1/0;
      CREATE FUNCTION public.encode(bytea, text) RETURNS text RETURN (1/0)::text;
    `, `
      SET statement_timeout = 0;
      SET default_transaction_read_only = off;
      ALTER DATABASE zitadel RESET ALL;
      DROP FUNCTION public.length, public.encode;
    `, () => {
      const { stdout } = judge(MASTERKEY);
      expect(verdicts(stdout)).toMatchObject([{ id: 'key', verdict: 'proven' }]);
    });
  });
});

describe('nothing is proven or refuted', () => {
  test('where pgcrypto cannot be made', () => {
    change(`
      CREATE FUNCTION public.refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE E'no\\textension\\nhere'; END $$;
      CREATE EVENT TRIGGER refuse ON ddl_command_start WHEN TAG IN ('CREATE EXTENSION') EXECUTE FUNCTION public.refuse();
    `, 'DROP EVENT TRIGGER refuse; DROP FUNCTION public.refuse', () => {
      const { status, stdout, stderr } = judge(MASTERKEY);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(verdicts(stdout)).toEqual([
        { id: '-', verdict: 'unproven', reason: 'pgcrypto cannot decrypt here (no extension here): take an image that has it' },
      ]);
    });
  });

  (toolbox().major < 18 ? test : test.skip)('with a CFB that is asked for and that this server lacks (before PostgreSQL 18)', () => {
    const { status, stdout } = judge(MASTERKEY, ['--set=cfb=native']);
    expect({ status, verdicts: verdicts(stdout) }).toEqual({
      status: 0,
      verdicts: [{ id: '-', verdict: 'unproven', reason: expect.stringMatching(/^pgcrypto cannot decrypt here \(.*aes-cfb.*\)/) }],
    });
  });
});

/** Every run of 8 bytes. */
function pieceOf(secret: Buffer): Buffer[] {
  return Array.from({ length: secret.length - 7 }, (_, start) => secret.subarray(start, start + 8));
}

function spellings(piece: Buffer): Buffer[] {
  const octal = [...piece].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  const decimal = [...piece].join(' '); // in a printed plan
  return [piece, ...[piece.toString('hex'), piece.toString('base64').slice(0, 10), octal, decimal].map((text) => Buffer.from(text))];
}

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)).filter((file) => statSync(file).isFile());
}
