/** The check of a Secret's values: they are encrypted, and have the expected lengths. */
import { lengthInBase64, type Length } from './encrypted-value';
import { isOptional } from './expectation';
import type { Expectation, ExpectedSecret } from '../manifests/expected-list';
import { finding, type Finding, type Place } from '../reports/findings';
import { keysOf, type Secret, type SecretValue } from './secret-manifest';

const ENCRYPT =
  'Encrypt the file with sops; the history of the repo keeps the value, so change it where that is possible';

export interface FoundValue {
  readonly key: string;
  readonly place: Place;
  /** Undefined if the value is not encrypted, or the ciphertext is damaged. */
  readonly length: Length | undefined;
}

/** Checks each value of a Secret. Of the expected values, it also checks the presence and the length. */
export function checkValues(
  secret: ExpectedSecret,
  manifest: Secret,
  options: { secret: string },
): { findings: Finding[]; values: FoundValue[] } {
  const findings: Finding[] = [];
  const values: FoundValue[] = [];
  for (const value of manifest.values) {
    const expected = secret.expectations.filter((one) => one.key === value.key);
    const { problems, length } = checkValue(value, expected, { ...options, key: value.key });
    findings.push(...problems);
    values.push({ key: value.key, place: value.place, length });
  }
  const keys = keysOf(manifest);
  for (const expectation of secret.expectations) {
    const { key, because, optionalUntil, provider } = expectation;
    if (key === undefined ? keys.length > 0 : keys.includes(key)) continue;
    if (key === undefined) {
      findings.push(
        finding(
          'secret-empty',
          manifest.place,
          `Secret ${options.secret} has no key: ${because}`,
          'Add its keys with sops edit',
          options,
        ),
      );
    } else if (!isOptional(expectation)) {
      findings.push(
        finding(
          'key-missing',
          manifest.place,
          `Secret ${options.secret} has no key ${key}: ${because}`,
          `Add ${key} to stringData with sops edit, or set optionalUntil to the event that adds it`,
          { ...options, key },
        ),
      );
    } else {
      findings.push(
        finding(
          'key-not-in-repo',
          manifest.place,
          `Secret ${options.secret} has no key ${key}, ${provider === undefined ? `and need not have it until ${optionalUntil}` : `as ${provider} brings it`}`,
          'Check it in the cluster',
          { ...options, key },
        ),
      );
    }
  }
  return { findings, values };
}

function checkValue(
  value: SecretValue,
  expected: readonly Expectation[],
  options: { secret: string; key: string },
): { problems: Finding[]; length?: Length } {
  const { path, text, isBase64, encrypted, place } = value;
  const problem = (rule: Parameters<typeof finding>[0], message: string, remedy: string): { problems: Finding[] } => ({
    problems: [finding(rule, place, `${path} ${message}`, remedy, options)],
  });
  if (text === undefined) return problem('value-not-string', 'is not a string', 'Give each key one string');
  if (text === '') {
    return expected.length === 0
      ? { problems: [] }
      : problem('value-empty', `is empty: ${expected[0]!.because}`, 'Set it with sops edit');
  }
  if (encrypted === 'broken')
    return problem(
      'value-broken',
      'is damaged: it begins like a value of SOPS and is not whole',
      'Restore the file from Git',
    );
  if (encrypted === undefined) {
    return isBase64
      ? problem('value-base64', 'is not encrypted: base64 hides nothing', ENCRYPT)
      : problem('value-plain-text', 'is in plain text', ENCRYPT);
  }
  if (encrypted.type !== 'str') {
    return problem(
      'value-not-string',
      `is encrypted as ${encrypted.type}: Kubernetes takes strings only`,
      'Put quotes around it with sops edit',
    );
  }
  if (encrypted.bytes === undefined) {
    const unseen = expected.find(({ bytes, minBytes }) => bytes !== undefined || minBytes !== undefined);
    return unseen === undefined
      ? { problems: [] }
      : problem(
          'value-length-unproven',
          'is a whole file, whose ciphertext does not show the length of the value',
          'Keep the value in an env file or in a file of its own that is not YAML or JSON',
        );
  }
  const length = isBase64 ? lengthInBase64(encrypted.bytes) : { least: encrypted.bytes, most: encrypted.bytes };
  if (length === undefined) {
    return problem(
      'value-length',
      `has ${encrypted.bytes} characters: no base64 has so many`,
      'Encode it in base64, or put it into stringData',
    );
  }
  const problems = expected.flatMap((one) => lengthProblem(one, length, path, place, options));
  return { problems, length };
}

function lengthProblem(
  { bytes, minBytes }: Expectation,
  length: Length,
  path: string,
  place: Place,
  options: { secret: string; key: string },
): Finding[] {
  const remedy = 'Set the right value with sops edit';
  if (bytes !== undefined && (bytes < length.least || bytes > length.most)) {
    return [
      finding(
        'value-length',
        place,
        `${path} (${shown(length)}) must have ${bytes} bytes${guess(bytes, length)}`,
        remedy,
        options,
      ),
    ];
  }
  if (minBytes !== undefined && length.most < minBytes) {
    return [
      finding(
        'value-length',
        place,
        `${path} (${shown(length)}) must have at least ${minBytes} bytes`,
        remedy,
        options,
      ),
    ];
  }
  const unproven =
    length.least !== length.most && (bytes !== undefined || (minBytes !== undefined && length.least < minBytes));
  return !unproven
    ? []
    : [
        finding(
          'value-length-unproven',
          place,
          `${path} has ${shown(length)}, which fits; base64 does not show whether it is ${bytes ?? `at least ${minBytes}`}`,
          'Move it from data to stringData, where the length is exact',
          options,
        ),
      ];
}

/** A guess at the usual mistakes, by the length that they cause. */
function guess(bytes: number, { least, most }: Length): string {
  const is = (length: number): boolean => least <= length && length <= most;
  const inBase64 = 4 * Math.ceil(bytes / 3);
  if (is(bytes + 1)) return ': does it end with a line break?';
  if (is(inBase64) || is(inBase64 + 1)) return ': is it in base64 once too often?';
  if (is(2 * bytes)) return ': is it in hexadecimal?';
  return '';
}

export function shown({ least, most }: Length): string {
  return least === most ? `${least} bytes` : `${least} to ${most} bytes`;
}
