import { randomBytes } from 'node:crypto';
import { MASTERKEY } from '../support/pods/instance';
import { proofServer } from '../support/zitadel/zitadel-decryption';
import {
  DataKey,
  EncryptedEvent,
  EncryptedValue,
  encryptionSql,
  event,
  JWK,
  PEM,
  SIGNING_KEY,
  VALIDATION_CODE,
  webKeyAdded,
} from '../support/zitadel/zitadel-encryption';

const { database, encrypted, judge } = proofServer();

/** What ZITADEL generates into its events: the field, the plaintext, and the events under each key. */
const GENERATED: readonly (readonly [
  field: string,
  plaintext: string,
  keys: Readonly<Record<string, readonly string[]>>,
])[] = [
  [
    'key',
    PEM,
    {
      idpConfigKey: [
        'instance.idp.saml.added',
        'instance.idp.saml.changed',
        'org.idp.saml.added',
        'org.idp.saml.changed',
      ],
    },
  ],
  [
    'signingKey',
    SIGNING_KEY,
    {
      smsKey: ['instance.sms.confighttp.added', 'instance.sms.confighttp.changed'],
      smtpKey: [
        'instance.smtp.config.http.added',
        'instance.smtp.config.http.changed',
        'org.smtp.config.http.added',
        'org.smtp.config.http.changed',
      ],
      targetKey: ['target.added', 'target.changed'],
    },
  ],
  [
    'validationCode',
    VALIDATION_CODE,
    {
      domainVerificationKey: ['org.domain.verification.added'],
    },
  ],
];

const cases = GENERATED.flatMap(([field, plaintext, keys]) =>
  Object.entries(keys).map(([id, types]) => ({ field, plaintext, id, types })),
);

/** A database in which each event of these keys has a value, and what it opens to. */
function generated(
  change: (plaintext: string) => string | Buffer = (plaintext) => plaintext,
  algorithm = 'aes',
): string {
  const keys = cases.map(({ id }) => new DataKey(id, MASTERKEY));
  const events = cases.flatMap(({ field, plaintext, types }, n) =>
    types.map((type) => event(type, { [field]: { ...keys[n]!.value(change(plaintext)), Algorithm: algorithm } })),
  );
  return encrypted(keys, events);
}

/** The verdict of each of these keys. */
function allAre(verdict: string, reason: string) {
  return cases
    .map(({ id }) => ({ id, verdict, reason: expect.stringContaining(reason) }))
    .sort((one, other) => (one.id < other.id ? -1 : 1));
}

describe('what ZITADEL generates', () => {
  test('proves the key of each of its events', () => {
    expect(judge(generated())).toEqual(
      cases
        .map(({ id, types }) => ({
          id,
          verdict: 'proven',
          reason: `${types.length} of ${types.length} tried values open: ${types.join(', ')}`,
        }))
        .sort((one, other) => (one.id < other.id ? -1 : 1)),
    );
  });

  test('refutes a wrong masterkey by each of its keys', () => {
    const name = generated();
    expect(judge(name, randomBytes(32))).toEqual(allAre('refuted', 'this is not the masterkey of this dump'));
  });

  test('proves nothing with another algorithm', () => {
    expect(judge(generated(undefined, 'A256GCM'))).toEqual(
      allAre('unproven', 'encrypted with A256GCM, which this proof cannot decrypt'),
    );
  });

  test('proves nothing where a payload lacks it', () => {
    const key = new DataKey('targetKey', MASTERKEY);
    const payloads = [{ signingKey: null }, { name: 'a target from before there were signing keys' }];
    expect(
      judge(
        encrypted(
          [key],
          payloads.map((payload) => event('target.added', payload)),
        ),
      ),
    ).toMatchObject([{ verdict: 'unproven', reason: 'no event has a value of known structure under this key' }]);
  });
});

describe('a code', () => {
  const key = new DataKey('key', MASTERKEY);
  const codes = { 'target.added': SIGNING_KEY, 'org.domain.verification.added': VALIDATION_CODE };

  function judgeCode(type: string, plaintext: string | Buffer) {
    const value: EncryptedValue = key.value(plaintext);
    const [verdict, ...more] = judge(encrypted([key], [event(type, { signingKey: value, validationCode: value })]));
    expect(more).toEqual([]);
    return verdict;
  }

  // The length and the characters are settings of ZITADEL.
  test.each<[string, (code: string) => string]>([
    ['a character more', (code) => `${code}a`],
    ['a character less', (code) => code.slice(1)],
    ['the length of the other', (code) => (code === SIGNING_KEY ? VALIDATION_CODE : SIGNING_KEY)],
    ['a symbol', (code) => code.replace(/.$/, '~')],
  ])('with %s proves nothing and refutes nothing', (_, change) => {
    for (const [type, code] of Object.entries(codes)) {
      expect(judgeCode(type, change(code))).toMatchObject({
        verdict: 'unproven',
        reason: expect.stringContaining('users or settings may have made others'),
      });
    }
  });

  test.each<[string, (code: string) => string | Buffer]>([
    ['a line break at its end', (code) => `${code.slice(1)}\n`],
    ['a blank', (code) => code.replace(/.$/, ' ')],
    ['a backslash', (code) => code.replace(/^./, '\\')],
    ['a zero byte', (code) => code.replace(/^./, '\0')],
    ['a letter that is not ASCII', (code) => Buffer.from(code.replace(/^./, 'é'), 'latin1')],
    ['nothing in it', () => ''],
  ])('with %s is none that ZITADEL makes, and refutes', (_, change) => {
    for (const [type, code] of Object.entries(codes)) {
      expect(judgeCode(type, change(code))).toMatchObject({
        verdict: 'refuted',
        reason: expect.stringContaining('0 of 1 tried values open'),
      });
    }
  });
});

describe('a key for cookies', () => {
  const cookies = ['csrfCookieKey', 'userAgentCookieKey'].map((id) => new DataKey(id, MASTERKEY));
  const unneeded = cookies.map(({ id }) => ({
    id,
    verdict: 'unneeded',
    reason: 'it protects cookies, and nothing in the database',
  }));

  test('is needed by nothing in a database, whatever the masterkey', () => {
    const name = encrypted(cookies, []);
    expect(judge(name)).toEqual(unneeded);
    expect(judge(name, randomBytes(32))).toEqual(unneeded);
  });

  test('is judged as any other where a value needs it', () => {
    const events = (value: (key: DataKey) => EncryptedValue): EncryptedEvent[] =>
      cookies.map((key) => webKeyAdded(value(key)));
    expect(
      judge(
        encrypted(
          cookies,
          events((key) => key.value(JWK)),
        ),
      ),
    ).toMatchObject([{ verdict: 'proven' }, { verdict: 'proven' }]);
    expect(
      judge(
        encrypted(
          cookies,
          events((key) => key.value('')),
        ),
      ),
    ).toMatchObject([{ verdict: 'refuted' }, { verdict: 'refuted' }]);
    expect(
      judge(
        encrypted(
          cookies,
          events((key) => ({ ...key.value(JWK), Algorithm: 'A256GCM' })),
        ),
      ),
    ).toMatchObject([{ verdict: 'unproven' }, { verdict: 'unproven' }]);
  });

  test('whose row is damaged is told as such', () => {
    expect(judge(database(`${encryptionSql(cookies, [])}; UPDATE system.encryption_keys SET key = '§'`))).toMatchObject(
      [
        { verdict: 'unproven', reason: expect.stringContaining('is damaged') },
        { verdict: 'unproven', reason: expect.stringContaining('is damaged') },
      ],
    );
  });
});
