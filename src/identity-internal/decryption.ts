import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DecryptionProof, SecretKey } from '..';

/**
 * ZITADEL's masterkey opens the data keys. These open the keys and codes that ZITADEL has generated into the event
 * store.
 */
export function zitadelDecryption(masterkey: SecretKey): DecryptionProof {
  return {
    name: 'the masterkey opens the event store',
    key: masterkey,
    sql: readFileSync(join(__dirname, 'decryption.sql'), 'utf8'),
  };
}
