/** A length in bytes, of which perhaps only the bounds are known. */
export interface Length {
  readonly least: number;
  readonly most: number;
}

/** The facts of an encrypted value that need no key. */
export interface EncryptedValue {
  /** Length of the plain text, in bytes: AES-GCM adds none and hides none. Undefined for a whole file of values. */
  readonly bytes: number | undefined;
  /** `str`, or the type of a value without quotes in YAML: `int`, `float`, `bool`. */
  readonly type: string;
}

const BEGINNING = 'ENC[';
const FORM =
  /^ENC\[AES256_GCM,data:([A-Za-z0-9+/]+={0,2}),iv:([A-Za-z0-9+/]+={0,2}),tag:([A-Za-z0-9+/]+={0,2}),type:([a-z0-9]+)\]$/;
const IV_BYTES = 32;
const TAG_BYTES = 16;

/** @returns undefined for plain text, 'broken' for a text that begins like an encrypted value and is not valid */
export function encryptedValue(text: string): EncryptedValue | 'broken' | undefined {
  if (!text.startsWith(BEGINNING)) return undefined;
  const [, data, iv, tag, type] = FORM.exec(text) ?? [];
  if (data === undefined || decodedBytes(iv!) !== IV_BYTES || decodedBytes(tag!) !== TAG_BYTES) return 'broken';
  const bytes = decodedBytes(data);
  return bytes === undefined ? 'broken' : { bytes, type: type! };
}

/** The length that canonical base64 decodes to; undefined for other text. */
function decodedBytes(base64: string): number | undefined {
  return base64.length % 4 === 0 ? Buffer.byteLength(base64, 'base64') : undefined;
}

/**
 * The bounds of a value's length, from the length of its base64 text. The padding is not known. Nor is it known whether
 * lines are broken (every 64 characters or more, and at the end), which Kubernetes allows.
 * @returns undefined if no base64 text has this length
 */
export function lengthInBase64(characters: number): Length | undefined {
  const mostBreaks = Math.ceil(characters / 65);
  const least = Math.ceil((characters - mostBreaks) / 4);
  const most = Math.floor(characters / 4);
  return least > most || most === 0 ? undefined : { least: Math.max(3 * least - 2, 1), most: 3 * most };
}
