import { k8s } from 'cdk8s-plus-28';
import { SecretList } from '../secrets/secret-key';
import { env } from './environment';

const EXPECTED_PATH = '/expected';

/** The names that are reserved for the expected secrets, whose number is known at synth only. */
export const RESERVED = { volume: 'expected-', path: EXPECTED_PATH };

/** The additions to a container that checks the expected secrets. */
export interface SecretsCheck {
  readonly env: k8s.EnvVar[];
  readonly volumeMounts: k8s.VolumeMount[];
  readonly volumes: k8s.Volume[];
}

/**
 * Mounts the lists of expected secrets, and exactly the keys that matter to a component and the dumps of a folder. All
 * are optional: the script names a missing key and the reason for it, while the pod would only hang in
 * CreateContainerConfigError.
 * @param connection variables of the database, whose login is tried, and files among the volumes of the pod
 */
export function secretsCheck(
  lists: readonly SecretList[],
  folder: string,
  component: string,
  connection: Pick<SecretsCheck, 'env' | 'volumeMounts'>,
): SecretsCheck {
  const expected = lists.flatMap((list) => list._localFor(folder, component));
  const keys = expected.flatMap(({ secretName, _onlyKey: onlyKey }) =>
    onlyKey === undefined
      ? []
      : [{ secret: { name: secretName, items: [{ key: onlyKey, path: `${secretName}/${onlyKey}` }], optional: true } }],
  );
  const whole = expected.filter(({ _onlyKey }) => _onlyKey === undefined).map(({ secretName }) => secretName);
  const volumes: k8s.Volume[] = [
    {
      name: 'expected-lists',
      projected: {
        sources: lists.map(({ configMapName }) => ({
          configMap: { name: configMapName, items: [{ key: 'secrets.tsv', path: `${configMapName}.tsv` }] },
        })),
      },
    },
    ...(keys.length > 0 ? [{ name: 'expected-keys', projected: { sources: keys } }] : []),
    ...whole.map((secretName, index) => ({ name: `expected-${index + 1}`, secret: { secretName, optional: true } })),
  ];
  return {
    env: [...connection.env, env('EXPECTED_DIR', EXPECTED_PATH), env('EXPECTED_FOR', `${folder}/${component}`)],
    volumeMounts: [
      { name: 'expected-lists', mountPath: `${EXPECTED_PATH}/lists`, readOnly: true },
      ...(keys.length > 0 ? [{ name: 'expected-keys', mountPath: `${EXPECTED_PATH}/keys`, readOnly: true }] : []),
      ...whole.map((secretName, index) => ({
        name: `expected-${index + 1}`,
        mountPath: `${EXPECTED_PATH}/secrets/${secretName}`,
        readOnly: true,
      })),
      ...connection.volumeMounts,
    ],
    volumes,
  };
}
