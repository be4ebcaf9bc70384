-- Does this masterkey open what is in this database? A line per key id: id, proven | refuted | unproven | unneeded, reason.
--
-- The proof relies on three facts of ZITADEL. system.encryption_keys has the data keys, encrypted by AES-256-CFB128 with the
-- masterkey, in base64url. An encrypted value in a payload is {CryptoType, Algorithm, KeyID, Crypted}, and Crypted is its
-- ciphertext by the data key of that id, in base64. `aes` as Algorithm is the same CFB. An IV of 16 bytes comes first in both.
-- Nothing authenticates a key: a wrong key decrypts to garbage without an error, so only a plaintext that cannot be garbage is a
-- proof. The weakest accepted plaintext is 32 letters and digits: a wrong key decrypts to such a text once in 2^65 times.
--
-- The server reads the masterkey from the file :key_file itself, in one statement that keeps keys and plaintexts in memory
-- and returns none. Errors about them are avoided or caught, since messages quote their subject.
--
-- :cfb is the method of decrypting CFB: `native` (pgcrypto's own, PostgreSQL 18), `blocks` (made of ECB), or `auto`.

\if :{?cfb}
\else
\set cfb auto
\endif

-- The restored database's own settings must not matter.
SET client_encoding = 'UTF8';
SET client_min_messages = error;
SET default_transaction_read_only = off;
SET search_path = pg_catalog, pg_temp;
SET standard_conforming_strings = on;
SET statement_timeout = 0;
SET work_mem = '64MB';
SET jit = off;

-- ZITADEL does not start with a masterkey of another length, even if its first 32 bytes are right.
SELECT CASE
         WHEN bytes <> 32 THEN 'refuted'
         ELSE 'unproven'
       END AS verdict,
       CASE
         WHEN bytes = 33 AND ends_line
           THEN 'the masterkey has 33 bytes and must have 32: a line break is at its end. Write the secret without it'
         WHEN bytes <> 32
           THEN format('the masterkey has %s bytes and must have 32: ZITADEL does not start with it. Correct the secret', bytes)
         WHEN encryption_keys < 2
           THEN 'there is no table system.encryption_keys with id and key: this is not a database of ZITADEL, or of an unknown version'
         WHEN events2 < 3
           THEN 'there is no table eventstore.events2 with event_type, payload and position: this is not a database of ZITADEL, or of an unknown version'
       END AS problem
  FROM (SELECT length(key) AS bytes, right(encode(key, 'hex'), 2) = '0a' AS ends_line
          FROM (SELECT pg_read_binary_file(:'key_file')) AS file (key)) AS file,
       (SELECT count(*) FILTER (WHERE attrelid = to_regclass('system.encryption_keys') AND attname IN ('id', 'key')),
               count(*) FILTER (WHERE attrelid = to_regclass('eventstore.events2')
                                  AND (attname IN ('event_type', 'position') OR attname = 'payload' AND atttypid = 'jsonb'::regtype))
          FROM pg_attribute
         WHERE NOT attisdropped) AS columns (encryption_keys, events2)
\gset

-- The dump's own pgcrypto is used if it has one: an extension can be in a database only once.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pgcrypto') THEN
    CREATE SCHEMA IF NOT EXISTS decryption_proof;
    CREATE EXTENSION pgcrypto WITH SCHEMA decryption_proof;
  END IF;
EXCEPTION WHEN OTHERS THEN
  PERFORM set_config('decryption_proof.error', SQLERRM, false);
END $$;

SELECT extnamespace::regnamespace::text AS pgcrypto
  FROM (SELECT) AS one
  LEFT JOIN pg_extension ON extname = 'pgcrypto'
\gset

\if :{?pgcrypto}

-- A message is the IV and the ciphertext. PostgreSQL before 18 has no such mode, which shows when it is called.
CREATE FUNCTION pg_temp.cfb_native(message bytea, key bytea) RETURNS bytea
RETURN :pgcrypto.decrypt_iv(substr(message, 17), key, substr(message, 1, 16), 'aes-cfb/pad:none');

-- CFB adds to each block of ciphertext the encrypted block before it, the IV being before the first. ECB encrypts all of
-- these in one call, and what is beyond the end of the plaintext is not used.
CREATE FUNCTION pg_temp.cfb_blocks(message bytea, key bytea) RETURNS bytea
RETURN (
  WITH encrypted AS MATERIALIZED (
    SELECT :pgcrypto.encrypt(substr(message, 1, length(message) / 16 * 16), key, 'aes-ecb/pad:none') AS stream
  )
  SELECT string_agg(set_byte('\x00', 0, get_byte(message, i + 16) # get_byte(stream, i)), '' ORDER BY i)
    FROM encrypted, generate_series(0, length(message) - 17) AS i);

-- True if a way to decrypt exists and is correct: the first bytes of CFB128-AES256 in NIST SP 800-38A, F.3.18.
CREATE FUNCTION pg_temp.works(cfb text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  plaintext bytea;
BEGIN
  EXECUTE format('SELECT pg_temp.cfb_%s($1, $2)', cfb) INTO plaintext
    USING '\x000102030405060708090a0b0c0d0e0fdc7e84bfda79164b7ecd8486985d386039ffed14'::bytea,
          '\x603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4'::bytea;
  RETURN plaintext = '\x6bc1bee22e409f96e93d7e117393172aae2d8a57';
EXCEPTION WHEN OTHERS THEN
  PERFORM set_config('decryption_proof.error', SQLERRM, false);
  RETURN false;
END $$;

SELECT CASE
         WHEN :'cfb' IN ('auto', 'native') AND pg_temp.works('native') THEN 'native'
         WHEN :'cfb' IN ('auto', 'blocks') AND pg_temp.works('blocks') THEN 'blocks'
       END AS cfb
\gset

\else
\unset cfb
\endif

\if :{?problem}
\elif :{?cfb}
\else
SELECT format('pgcrypto cannot decrypt here (%s): take an image that has it', current_setting('decryption_proof.error', true)) AS problem
\gset
\endif

\if :{?problem}
SELECT '-', :'verdict', regexp_replace(:'problem', '[[:cntrl:]]+', ' ', 'g');
\else

\set decrypt pg_temp.cfb_ :cfb

-- Decodes Go's base64 of either alphabet, padded or not; null for other text.
CREATE FUNCTION pg_temp.from_base64(encoded text) RETURNS bytea
RETURN (
  SELECT CASE WHEN digits ~ '^[A-Za-z0-9+/]+$' AND length(digits) % 4 <> 1
              THEN decode(rpad(digits, (length(digits) + 3) / 4 * 4, '='), 'base64') END
    FROM (SELECT rtrim(translate(encoded, E'-_\r\n', '+/'), '=')) AS stripped (digits));

-- A private JSON Web Key. Text that is not JSON raises an error.
CREATE FUNCTION pg_temp.is_jwk(plaintext text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  jwk jsonb := plaintext;
BEGIN
  RETURN jsonb_typeof(jwk) = 'object' AND jwk ->> 'd' ~ '^[A-Za-z0-9_-]{16,}$'
     AND CASE jwk ->> 'kty'
           WHEN 'RSA' THEN jwk ?& '{n,e}'
           WHEN 'EC' THEN jwk ?& '{crv,x,y}'
           WHEN 'OKP' THEN jwk ?& '{crv,x}'
           ELSE false
         END;
END $$;

-- True if a plaintext certainly has the expected form. Its bytes are read as text in which bytes beyond ASCII are escaped, so
-- that no garbage is an invalid text.
CREATE FUNCTION pg_temp.has_structure(plaintext bytea, structure text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  ascii text := encode(plaintext, 'escape');
BEGIN
  RETURN CASE structure
    WHEN 'JWK' THEN pg_temp.is_jwk(ascii)
    WHEN 'PEM' THEN ascii ~ '^-----BEGIN [A-Z ]+-----\r?\n[A-Za-z0-9+/=\r\n]{32,}\n-----END [A-Z ]+-----\s*$'
                AND substring(ascii FROM 'BEGIN ([A-Z ]+)') = substring(ascii FROM 'END ([A-Z ]+)-----\s*$')
    WHEN 'TOTP' THEN ascii ~ '^[A-Z2-7]{32,}$'
    WHEN 'CODE-36' THEN ascii ~ '^[A-Za-z0-9]{36}$'
    WHEN 'CODE-32' THEN ascii ~ '^[A-Za-z0-9]{32}$'
    WHEN 'CODE' THEN ascii ~ '^[^\\[:cntrl:] ]+$' -- a backslash begins what is escaped; ZITADEL's codes have none
    WHEN 'ANYTHING' THEN true
  END;
EXCEPTION WHEN OTHERS THEN
  RETURN false;
END $$;

-- The places of encrypted values of known structure, and other plaintexts that the right key may open there, which neither prove
-- nor refute. All other plaintexts refute. ZITADEL generates all of them, but the length and the characters of a code are among
-- its settings, and users may bring a TOTP secret of their own.
--
-- The newest 5 values of each event and key are tried. They are enough to distinguish keys, and take little time in a database of
-- any size. Counts and hashes find damage to older values.
WITH fields (event_types, path, structure, alternative) AS (
  VALUES ('{web_key.added}'::text[], '{privateKey}'::text[], 'JWK', NULL),
         ('{key_pair.added}', '{privateKey,key}', 'PEM', NULL),
         ('{key_pair.certificate.added}', '{certificate,key}', 'PEM', NULL),
         ('{org.idp.saml.added, org.idp.saml.changed, instance.idp.saml.added, instance.idp.saml.changed}', '{key}', 'PEM', NULL),
         ('{target.added, target.changed}', '{signingKey}', 'CODE-36', 'CODE'),
         ('{instance.smtp.config.http.added, instance.smtp.config.http.changed}', '{signingKey}', 'CODE-36', 'CODE'),
         ('{org.smtp.config.http.added, org.smtp.config.http.changed}', '{signingKey}', 'CODE-36', 'CODE'),
         ('{instance.sms.confighttp.added, instance.sms.confighttp.changed}', '{signingKey}', 'CODE-36', 'CODE'),
         ('{org.domain.verification.added}', '{validationCode}', 'CODE-32', 'CODE'),
         ('{user.human.mfa.otp.added}', '{otpSecret}', 'TOTP', 'ANYTHING')
), masterkey AS MATERIALIZED (
  SELECT pg_read_binary_file(:'key_file') AS masterkey
), data_keys AS MATERIALIZED (
  SELECT id, id IN ('csrfCookieKey', 'userAgentCookieKey') AS for_cookies,
         CASE WHEN length(message) - 16 IN (16, 24, 32) THEN :decrypt(message, masterkey) END AS data_key
    FROM system.encryption_keys, masterkey, pg_temp.from_base64(key) AS message
), encrypted AS (
  SELECT event_type, structure, alternative, value ->> 'KeyID' AS id, value ->> 'Algorithm' AS algorithm, value ->> 'Crypted' AS crypted,
         row_number() OVER (PARTITION BY event_type, value ->> 'KeyID', value ->> 'Algorithm' ORDER BY position DESC, events2.ctid DESC) AS age
    FROM eventstore.events2
    JOIN (SELECT unnest(event_types) AS event_type, path, structure, alternative FROM fields) AS fields USING (event_type)
   CROSS JOIN LATERAL (SELECT payload #> path) AS field (value)
   WHERE jsonb_typeof(value) = 'object' AND value ->> 'KeyID' <> '' AND value ->> 'Algorithm' <> ''
), tried AS (
  SELECT encrypted.*,
         CASE
           WHEN algorithm <> 'aes' THEN 'foreign'
           WHEN data_keys.id IS NULL THEN 'orphaned'
           WHEN data_key IS NULL THEN 'locked'
           WHEN pg_temp.has_structure(plaintext, structure) THEN 'opened'
           WHEN pg_temp.has_structure(plaintext, alternative) THEN 'unknown'
           ELSE 'closed'
         END AS outcome
    FROM encrypted
    LEFT JOIN data_keys USING (id)
   CROSS JOIN LATERAL pg_temp.from_base64(crypted) AS message
   CROSS JOIN LATERAL (SELECT CASE WHEN length(message) > 16 THEN :decrypt(message, data_key) END) AS decrypted (plaintext)
   WHERE age <= 5
), counted AS (
  SELECT id,
         count(*) FILTER (WHERE outcome = 'orphaned') AS orphaned,
         count(*) FILTER (WHERE outcome = 'locked') AS locked,
         count(*) FILTER (WHERE outcome = 'opened') AS opened,
         count(*) FILTER (WHERE outcome = 'closed') AS closed,
         count(*) FILTER (WHERE outcome IN ('opened', 'closed', 'unknown')) AS tried,
         string_agg(DISTINCT event_type, ', ') FILTER (WHERE outcome = 'opened') AS proofs,
         string_agg(DISTINCT left(algorithm, 40), ', ') FILTER (WHERE outcome = 'foreign') AS algorithms,
         bool_or(bool_or(outcome = 'opened')) OVER () AS any_opened
    FROM tried
   GROUP BY id
), verdicts AS (
  SELECT id,
         CASE
           WHEN orphaned + locked + closed > 0 THEN 'refuted'
           WHEN opened > 0 THEN 'proven'
           WHEN counted.id IS NULL AND data_key IS NOT NULL AND for_cookies THEN 'unneeded'
           ELSE 'unproven'
         END AS verdict,
         CASE
           -- Refuted, although it tells nothing about the masterkey: the values are lost, also in the live ZITADEL once it restarts.
           WHEN orphaned > 0
             THEN 'events need this key, and system.encryption_keys does not have it: nothing can open their values. Look for a dump that has it'
           WHEN locked > 0
             THEN 'its row in system.encryption_keys is damaged: no masterkey opens the values that need it. Try an older dump'
           WHEN closed > 0 AND opened > 0
             THEN format('%s of %s tried values open: the others are damaged. Try an older dump', opened, tried)
           WHEN closed > 0 AND any_opened
             THEN format('0 of %s tried values open, though the masterkey is right for another key: this key or its values are damaged. Try an older dump', tried)
           WHEN closed > 0
             THEN format('0 of %s tried values open: this is not the masterkey of this dump. Find the one that was in use when it was taken', tried)
           WHEN opened > 0
             THEN format('%s of %s tried values open: %s', opened, tried, proofs)
           WHEN algorithms IS NOT NULL
             THEN format('its values are encrypted with %s, which this proof cannot decrypt: start ZITADEL on a restored copy to know', algorithms)
           WHEN tried > 0
             THEN format('0 of %s tried values open to what is known, and users or settings may have made others', tried)
           WHEN data_keys.id IS NOT NULL AND data_key IS NULL
             THEN 'its row in system.encryption_keys is damaged, and no value of known structure needs it'
           WHEN for_cookies
             THEN 'it protects cookies, and nothing in the database'
           ELSE 'no event has a value of known structure under this key'
         END AS reason
    FROM counted
    FULL JOIN data_keys USING (id)
)
SELECT left(regexp_replace(id, '[[:cntrl:]]+', ' ', 'g'), 200), verdict, regexp_replace(reason, '[[:cntrl:]]+', ' ', 'g')
  FROM verdicts
 UNION ALL
SELECT '-', 'unproven', 'there is neither a data key nor an encrypted value: ZITADEL was not set up in this database'
 WHERE NOT EXISTS (SELECT FROM verdicts)
 ORDER BY 1;

\endif
