import { encryptedValue, lengthInBase64 } from '../../src/check-secrets/encrypted-value';
import { Sops } from '../support/secrets/sops';

const broken = (text: string, width: number): string => text.replace(new RegExp(`.{${width}}`, 'g'), '$&\n');

test('the ciphertext gives the length of the value away, in bytes', async () => {
  const sops = await Sops.for();
  for (const text of ['x', 'ä', '𝄞'.repeat(7), '\n', 'a'.repeat(5000)]) {
    expect(encryptedValue(sops.encrypt(text, 'a:'))).toEqual({ bytes: Buffer.byteLength(text), type: 'str' });
  }
});

test('whatever is missing from an encrypted value, it is broken', async () => {
  const whole = (await Sops.for()).encrypt('some value', 'a:');
  for (let length = 4; length < whole.length; length++) expect(encryptedValue(whole.slice(0, length))).toBe('broken');
  expect(encryptedValue(`${whole} `)).toBe('broken');
  expect(encryptedValue(whole.replace(/iv:../, 'iv:'))).toBe('broken');
  expect(encryptedValue(whole.replace(/tag:[^=]*==/, 'tag:AAAA'))).toBe('broken');
  expect(encryptedValue('plain ENC[')).toBeUndefined();
});

test('the bounds of a length in base64 hold the true one, however the lines are broken', () => {
  for (let bytes = 1; bytes <= 500; bytes++) {
    const base64 = Buffer.alloc(bytes).toString('base64');
    for (const text of [base64, `${base64}\n`, broken(base64, 64), broken(base64, 76), `${broken(base64, 76)}\n`]) {
      const { least, most } = lengthInBase64(text.length)!;
      expect(least <= bytes && bytes <= most).toBe(true);
      // Short texts have no line breaks but the last: only the padding is unknown.
      if (text.length <= 64) expect(most - least).toBeLessThanOrEqual(2);
    }
  }
});

test('no base64 has two or three characters more than a multiple of four', () => {
  expect([1, 2, 3, 6, 7, 42, 43].map(lengthInBase64)).toEqual(Array(7).fill(undefined));
});
