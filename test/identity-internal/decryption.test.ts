import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { MASTERKEY } from '../support/pods/instance';
import { toolbox } from '../support/machine/toolbox';
import { proofServer } from '../support/zitadel/zitadel-decryption';
import {
  DataKey,
  encrypt,
  EncryptedEvent,
  EncryptedValue,
  encryptionSql,
  event,
  JWK,
  keyPairAdded,
  PEM,
  SIGNING_KEY,
  TOTP,
  VALIDATION_CODE,
  webKeyAdded,
} from '../support/zitadel/zitadel-encryption';

const { database, encrypted, run, judge } = proofServer();

describe('a masterkey', () => {
  const key = new DataKey('oidcKey', MASTERKEY);
  let name: string;

  beforeAll(() => {
    name = encrypted([key], [keyPairAdded(key.value(PEM)), webKeyAdded(key.value(JWK))]);
  });

  test('that opens the signing keys is proven', () => {
    expect(judge(name)).toEqual([
      { id: 'oidcKey', verdict: 'proven', reason: '2 of 2 tried values open: key_pair.added, web_key.added' },
    ]);
  });

  test.each([
    ['with one bit changed', flipped(Buffer.from(MASTERKEY), 77)],
    ['turned by a byte', MASTERKEY.slice(1) + MASTERKEY.slice(0, 1)],
    ['with two bytes exchanged', MASTERKEY.replace('32', '23')],
    ['of zeros', Buffer.alloc(32)],
    ['in lower case', MASTERKEY.toLowerCase()],
    ['at random', randomBytes(32)],
  ])('%s is refuted', (_, wrong) => {
    expect(judge(name, wrong)).toEqual([
      {
        id: 'oidcKey',
        verdict: 'refuted',
        reason:
          '0 of 2 tried values open: this is not the masterkey of this dump. Find the one that was in use when ' +
          'it was taken',
      },
    ]);
  });

  test.each([
    ['33 bytes and must have 32: a line break is at its end', `${MASTERKEY}\n`],
    ['33 bytes and must have 32: ZITADEL does not start', `${MASTERKEY} `],
    ['34 bytes', `${MASTERKEY}\r\n`],
    ['31 bytes', MASTERKEY.slice(0, -1)],
    ['64 bytes', Buffer.from(MASTERKEY).toString('hex')],
    ['44 bytes', Buffer.from(MASTERKEY).toString('base64')],
    ['0 bytes', ''],
  ])('of another length is refuted, though it begin with the right one: %s', (length, wrong) => {
    const [verdict, ...more] = judge(name, wrong);
    expect(verdict).toMatchObject({
      id: '-',
      verdict: 'refuted',
      reason: expect.stringContaining(`the masterkey has ${length}`),
    });
    expect(more).toEqual([]);
  });

  test('is proven by each kind of web key', () => {
    const kinds = [generateKeyPairSync('ec', { namedCurve: 'P-521' }), generateKeyPairSync('ed25519')];
    const events = kinds.map(({ privateKey }) =>
      webKeyAdded(key.value(JSON.stringify(privateKey.export({ format: 'jwk' })))),
    );
    expect(judge(encrypted([key], events))).toMatchObject([
      { verdict: 'proven', reason: '2 of 2 tried values open: web_key.added' },
    ]);
  });

  test('may be any bytes', () => {
    const masterkey = Buffer.from([0, 10, 13, 9, 39, 92, 255, 254, ...randomBytes(24)]);
    const other = new DataKey('oidcKey', masterkey);
    expect(judge(encrypted([other], [webKeyAdded(other.value(JWK))]), masterkey)).toMatchObject([
      { verdict: 'proven' },
    ]);
  });

  test('that is nowhere is no verdict but an error with the path', () => {
    const { status, stdout, stderr } = run(name, MASTERKEY, ['--set=key_file=/nowhere/masterkey']);
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toContain('could not open file "/nowhere/masterkey"');
  });
});

test('each key has a verdict of its own: one proof is not the proof of another, and one loss is told', () => {
  const keys = ['domainKey', 'idpConfigKey', 'oidcKey', 'otpKey', 'samlKey'].map((id) => new DataKey(id, MASTERKEY));
  const [, idpConfigKey, oidcKey, otpKey, samlKey] = keys as [DataKey, DataKey, DataKey, DataKey, DataKey];
  const lost = new DataKey('lostKey', MASTERKEY);
  const name = encrypted(keys, [
    event('org.idp.saml.added', { name: 'a', key: idpConfigKey.value(PEM) }),
    webKeyAdded(oidcKey.value(JWK)),
    event('user.human.mfa.otp.added', { otpSecret: otpKey.value(TOTP) }),
    event('key_pair.certificate.added', {
      certificate: { key: samlKey.value(PEM.replaceAll('RSA PRIVATE KEY', 'CERTIFICATE')) },
    }),
    webKeyAdded(lost.value(JWK)),
  ]);
  expect(judge(name)).toEqual([
    { id: 'domainKey', verdict: 'unproven', reason: 'no event has a value of known structure under this key' },
    { id: 'idpConfigKey', verdict: 'proven', reason: '1 of 1 tried values open: org.idp.saml.added' },
    {
      id: 'lostKey',
      verdict: 'refuted',
      reason:
        'events need this key, and system.encryption_keys does not have it: nothing can open their values. Look ' +
        'for a dump that has it',
    },
    { id: 'oidcKey', verdict: 'proven', reason: '1 of 1 tried values open: web_key.added' },
    { id: 'otpKey', verdict: 'proven', reason: '1 of 1 tried values open: user.human.mfa.otp.added' },
    { id: 'samlKey', verdict: 'proven', reason: '1 of 1 tried values open: key_pair.certificate.added' },
  ]);
  expect(judge(name, randomBytes(32)).map(({ verdict }) => verdict)).toEqual([
    'unproven',
    'refuted',
    'refuted',
    'refuted',
    'unproven',
    'refuted',
  ]);
});

describe('never proven, and never refuted without need', () => {
  const key = new DataKey('key', MASTERKEY);
  const value = key.value(JWK);
  const gcm = { ...value, Algorithm: 'A256GCM' };

  test.each<[string, string, string, EncryptedEvent[]]>([
    ['no payload', 'unproven', 'no event has a value', []],
    ['another algorithm', 'unproven', 'encrypted with A256GCM, which this proof cannot decrypt', [webKeyAdded(gcm)]],
    ['another algorithm beside the known one', 'proven', '1 of 1 tried', [webKeyAdded(value), webKeyAdded(gcm)]],
    [
      'a text that users chose',
      'unproven',
      'open to what is known, and users',
      [event('user.human.mfa.otp.added', { otpSecret: key.value('secret') })],
    ],
    [
      'a password, which looks like nothing',
      'unproven',
      'no event has a value',
      [event('instance.smtp.config.added', { password: value })],
    ],
    [
      'a JWK without its private part',
      'refuted',
      '0 of 1 tried values open: this is not',
      [webKeyAdded(key.value('{"kty":"RSA","n":"AQAB","e":"AQAB"}'))],
    ],
    ['JSON that is no JWK', 'refuted', '0 of 1 tried values open: this is not', [webKeyAdded(key.value('[]'))]],
    [
      'a PEM block without its end',
      'refuted',
      '0 of 1 tried values open: this is not',
      [keyPairAdded(key.value(PEM.slice(0, -5)))],
    ],
    ['an empty plaintext', 'refuted', '0 of 1 tried values open: this is not', [webKeyAdded(key.value(''))]],
    [
      'less than an IV',
      'refuted',
      '0 of 1 tried values open: this is not',
      [webKeyAdded({ ...value, Crypted: 'AAAA' })],
    ],
    ['no base64', 'refuted', '0 of 1 tried values open: this is not', [webKeyAdded({ ...value, Crypted: 'é{"' })]],
    [
      'base64 of an impossible length',
      'refuted',
      '0 of 1 tried values open: this is not',
      [webKeyAdded({ ...value, Crypted: 'AAAAA' })],
    ],
    [
      'no ciphertext',
      'refuted',
      '0 of 1 tried values open: this is not',
      [webKeyAdded({ ...value, Crypted: null } as unknown as EncryptedValue)],
    ],
    [
      'values of other shapes',
      'unproven',
      'no event has a value',
      [null, 'text', [], 7, { KeyID: 'key' }, { Algorithm: 'aes', Crypted: value.Crypted }].map((privateKey) =>
        event('web_key.added', { privateKey }),
      ),
    ],
    [
      'payloads of other shapes',
      'unproven',
      'no event has a value',
      [null, 'text', [value], 7, {}].map((payload) => event('web_key.added', payload)),
    ],
  ])('%s: %s', (_, verdict, reason, events) => {
    expect(judge(encrypted([key], events))).toEqual([{ id: 'key', verdict, reason: expect.stringContaining(reason) }]);
  });

  test.each([
    ['is no base64', '§'],
    ['has no IV', 'AAAA'],
    ['is no AES key', encrypt(randomBytes(31), Buffer.from(MASTERKEY)).toString('base64url')],
    ['is empty', ''],
  ])('a data key that %s: refuted where a value needs it, else unproven', (_, row) => {
    const update = `UPDATE system.encryption_keys SET key = '${row}'`;
    expect(judge(database(encryptionSql([key], [webKeyAdded(value)]) + update))).toMatchObject([
      { verdict: 'refuted', reason: expect.stringContaining('its row in system.encryption_keys is damaged') },
    ]);
    expect(judge(database(encryptionSql([key], []) + update))).toMatchObject([
      { verdict: 'unproven', reason: expect.stringContaining('is damaged, and no value') },
    ]);
  });

  test('a data key is read with and without padding', () => {
    const name = database(
      `${encryptionSql([key], [webKeyAdded(value)])}; UPDATE system.encryption_keys SET key = rtrim(key, '=')`,
    );
    expect(judge(name)).toMatchObject([{ verdict: 'proven' }]);
  });

  test('damage is not taken for another masterkey', () => {
    const fine = new DataKey('fine', MASTERKEY);
    const replaced = new DataKey('replaced', MASTERKEY);
    const damaged = { ...value, Crypted: flipped(Buffer.from(value.Crypted, 'base64'), 8 * 40).toString('base64') };
    const name = encrypted(
      [fine, key, new DataKey('replaced', MASTERKEY)],
      [webKeyAdded(fine.value(JWK)), webKeyAdded(damaged), webKeyAdded(value), webKeyAdded(replaced.value(JWK))],
    );
    expect(judge(name)).toMatchObject([
      { id: 'fine', verdict: 'proven' },
      { id: 'key', verdict: 'refuted', reason: '1 of 2 tried values open: the others are damaged. Try an older dump' },
      { id: 'replaced', verdict: 'refuted', reason: expect.stringContaining('the masterkey is right for another key') },
    ]);
  });

  test('only the newest five of an event and a key are tried', () => {
    const other = new DataKey('key', MASTERKEY);
    const newest = Array.from({ length: 5 }, () => webKeyAdded(value));
    const closed = webKeyAdded(other.value(JWK));
    expect(judge(encrypted([key], [closed, ...newest]))).toMatchObject([
      { verdict: 'proven', reason: '5 of 5 tried values open: web_key.added' },
    ]);
    expect(judge(encrypted([key], [...newest, closed]))).toMatchObject([{ verdict: 'refuted' }]);
  });

  test.each([
    ['there is neither a data key nor an encrypted value', ''],
    ['there is no table system.encryption_keys', 'DROP TABLE system.encryption_keys'],
    ['there is no table system.encryption_keys', 'ALTER TABLE system.encryption_keys RENAME key TO secret'],
    ['there is no table eventstore.events2', 'DROP SCHEMA eventstore CASCADE'],
    ['there is no table eventstore.events2', 'ALTER TABLE eventstore.events2 ALTER payload TYPE text'],
  ])('%s: one line, unproven', (reason, sql) => {
    expect(judge(database(sql))).toEqual([{ id: '-', verdict: 'unproven', reason: expect.stringContaining(reason) }]);
  });

  test('2,000 keys at random open nothing', () => {
    const codes = [
      ['CODE-36', SIGNING_KEY],
      ['CODE-32', VALIDATION_CODE],
      ['CODE', SIGNING_KEY.replace('q', '~')],
    ];
    const messages = [['JWK', JWK], ['PEM', PEM], ['TOTP', TOTP], ...codes] as [string, string][];
    const rows = messages.map(([structure, plaintext]) => `('${structure}', ${bytea(encrypt(plaintext, key.bytes))})`);
    const { stdout } = run(
      encrypted([key], []),
      MASTERKEY,
      [],
      `
      SELECT structure, pg_temp.has_structure(pg_temp.cfb_blocks(message, ${bytea(key.bytes)}), structure),
             (SELECT count(*) FROM generate_series(1, 2000) AS n
               WHERE pg_temp.has_structure(pg_temp.cfb_blocks(message, sha256(int8send(n))), structure))
        FROM (VALUES ${rows.join()}) AS messages (structure, message);`,
    );
    expect(stdout.split('\n').slice(1, -1)).toEqual(messages.map(([structure]) => `${structure}\tt\t0`));
  });
});

describe.each(['native', 'blocks'])('CFB, %s', (cfb) => {
  const onlyHere = cfb === 'native' && toolbox().major < 18 ? test.skip : test;
  const note = cfb === 'native' ? ' (PostgreSQL 18 and later)' : '';

  onlyHere(`decrypts what Node encrypts, of any length${note}`, () => {
    const key = randomBytes(32);
    const name = database();
    const short = Array.from({ length: 66 }, (_, n) => n + 1);
    const plaintexts = [...short, 127, 128, 129, 255, 256, 257, 1000, 1679, 4095, 4096, 4097, 4999, 5000].map(
      (length) => randomBytes(length),
    );
    const rows = plaintexts.map((plaintext) => `(${bytea(encrypt(plaintext, key))})`);
    const { stdout } = run(
      name,
      MASTERKEY,
      [],
      `
      SELECT encode(pg_temp.cfb_${cfb}(message, ${bytea(key)}), 'hex') FROM (VALUES ${rows.join()}) AS messages (message);`,
    );
    expect(stdout.split('\n').slice(1, -1)).toEqual(plaintexts.map((plaintext) => plaintext.toString('hex')));
  });

  onlyHere(`proves and refutes where it is forced${note}`, () => {
    const key = new DataKey('key', MASTERKEY);
    const name = encrypted([key], [webKeyAdded(key.value(JWK)), keyPairAdded(key.value(PEM))]);
    expect(judge(name, MASTERKEY, `--set=cfb=${cfb}`)).toMatchObject([
      { verdict: 'proven', reason: expect.stringContaining('2 of 2 tried') },
    ]);
    expect(judge(name, randomBytes(32), `--set=cfb=${cfb}`)).toMatchObject([{ verdict: 'refuted' }]);
  });
});

function bytea(bytes: Buffer): string {
  return `'\\x${bytes.toString('hex')}'::bytea`;
}

function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}
