import { k8s } from 'cdk8s-plus-28';
import { env } from './environment';
import { ExpectedSecret } from '../secrets/secret-key';

const KEYS_PATH = '/expected/keys';
const WHOLE_PATH = '/expected/secrets';

/** What is kept for the expected secrets, whose number is known at synth only. */
export const RESERVED = { variable: 'EXPECTED', volume: 'expected-', path: '/expected' };

/** What a container needs that looks at the expected secrets. */
export interface SecretsCheck {
  readonly env: k8s.EnvVar[];
  readonly volumeMounts: k8s.VolumeMount[];
  readonly volumes: k8s.Volume[];
}

/**
 * Mounts exactly the expected keys. All are optional: where one is missing, the script says which and why it matters;
 * without that, the pod would only hang in CreateContainerConfigError.
 * @param connection environment that finds the database, whose login is tried
 */
export function secretsCheck(expected: readonly ExpectedSecret[], connection: k8s.EnvVar[]): SecretsCheck {
  const keys: k8s.VolumeProjection[] = [];
  const whole: k8s.Volume[] = [];
  const variables = expected.flatMap((secret, index) => {
    const number = String(index + 1);
    if (secret._onlyKey !== undefined) {
      keys.push({
        secret: { name: secret.secretName, items: [{ key: secret._onlyKey, path: number }], optional: true },
      });
      return expectation(secret, number, `${KEYS_PATH}/${number}`);
    }
    whole.push({ name: `expected-${number}`, secret: { secretName: secret.secretName, optional: true } });
    return expectation(secret, number, `${WHOLE_PATH}/${number}`);
  });
  return {
    env: [...connection, env('EXPECTED', expected.length), ...variables],
    volumeMounts: [
      ...(keys.length > 0 ? [{ name: 'expected-keys', mountPath: KEYS_PATH, readOnly: true }] : []),
      ...whole.map(({ name }) => ({
        name,
        mountPath: `${WHOLE_PATH}/${name.replace('expected-', '')}`,
        readOnly: true,
      })),
    ],
    volumes: [...(keys.length > 0 ? [{ name: 'expected-keys', projected: { sources: keys } }] : []), ...whole],
  };
}

function expectation(secret: ExpectedSecret, number: string, path: string): k8s.EnvVar[] {
  const { bytes, minBytes, pattern, trailingNewline, sameAsDump, gitFile, optionalUntil } = secret._options;
  const settings = {
    NAME: secret.toString(),
    PATH: path,
    BECAUSE: secret._because,
    BYTES: bytes,
    MIN_BYTES: minBytes,
    PATTERN: pattern,
    TRAILING_NEWLINE: trailingNewline ? 'allowed' : undefined,
    SAME_AS_DUMP: sameAsDump ? 'true' : undefined,
    GIT_FILE: gitFile,
    OPTIONAL_UNTIL: optionalUntil,
  };
  return Object.entries(settings).flatMap(([setting, value]) =>
    value === undefined ? [] : [env(`EXPECTED_${number}_${setting}`, value)],
  );
}
