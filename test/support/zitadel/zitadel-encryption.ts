import { createCipheriv, generateKeyPairSync, randomBytes } from 'node:crypto';

/** An encrypted value as it is in the payload of an event. */
export interface EncryptedValue {
  readonly CryptoType: number;
  readonly Algorithm: string;
  readonly KeyID: string;
  readonly Crypted: string;
}

/** The IV, and what AES-256-CFB128 makes of the plaintext: what ZITADEL encrypts is nothing more. */
export function encrypt(plaintext: string | Buffer, key: Buffer, iv = randomBytes(16)): Buffer {
  const cipher = createCipheriv('aes-256-cfb', key, iv);
  return Buffer.concat([iv, cipher.update(plaintext), cipher.final()]);
}

/** A data key: its id, its 32 bytes, and its row in system.encryption_keys. */
export class DataKey {
  readonly row: { readonly id: string; readonly key: string };

  constructor(
    readonly id: string,
    masterkey: string | Buffer,
    readonly bytes = randomBytes(32),
  ) {
    const message = encrypt(bytes, Buffer.from(masterkey)).toString('base64');
    this.row = { id, key: message.replaceAll('+', '-').replaceAll('/', '_') }; // padded, unlike Node's base64url
  }

  value(plaintext: string | Buffer): EncryptedValue {
    return {
      CryptoType: 0,
      Algorithm: 'aes',
      KeyID: this.id,
      Crypted: encrypt(plaintext, this.bytes).toString('base64'),
    };
  }
}

// Made once: an RSA key takes a while.
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** The plaintext in the events web_key.added and key_pair.added. */
export const JWK = JSON.stringify({
  use: 'sig',
  ...privateKey.export({ format: 'jwk' }),
  kid: '304512345678901234',
  alg: 'RS256',
});
export const PEM = privateKey.export({ format: 'pem', type: 'pkcs1' }) as string;

/** As ZITADEL generates them where its settings say nothing else; a user's secret. */
export const SIGNING_KEY = 'q7Zp0YxR2mB4tKcV9sLdH1nJ6wGfE3aUo5Ni';
export const VALIDATION_CODE = 'T8fWb2QxLr5Ye0ZkMv7Ng3CuHs9JpDa1';
export const TOTP = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

/** An event for eventstore.events2, as far as it matters. */
export interface EncryptedEvent {
  readonly type: string;
  readonly payload: unknown;
}

export function event(type: string, payload: unknown): EncryptedEvent {
  return { type, payload };
}

export function webKeyAdded(privateKey: EncryptedValue): EncryptedEvent {
  return { type: 'web_key.added', payload: { privateKey, publicKey: { kty: 'RSA' }, config: {}, configType: 1 } };
}

export function keyPairAdded(key: EncryptedValue): EncryptedEvent {
  const expiry = '2027-01-01T00:00:00Z';
  return {
    type: 'key_pair.added',
    payload: { usage: 0, algorithm: 'RS256', privateKey: { key, expiry }, publicKey: { key, expiry } },
  };
}

/** SQL that puts data keys and events, oldest first, into a database that has the tables; the old keys go. */
export function encryptionSql(keys: readonly DataKey[], events: readonly EncryptedEvent[]): string {
  return `
    DELETE FROM system.encryption_keys;
    INSERT INTO system.encryption_keys SELECT id, key FROM jsonb_to_recordset(${json(keys.map(({ row }) => row))}) AS row (id text, key text);
    INSERT INTO eventstore.events2 (instance_id, aggregate_type, aggregate_id, sequence, event_type, payload, created_at, position)
      SELECT 'instance', split_part(event ->> 'type', '.', 1), gen_random_uuid()::text, 1, event ->> 'type', event -> 'payload', now(), 100000 + n
        FROM jsonb_array_elements(${json(events)}) WITH ORDINALITY AS events (event, n);
  `;
}

function json(value: unknown): string {
  return `'${JSON.stringify(value).replaceAll("'", "''")}'::jsonb`;
}
