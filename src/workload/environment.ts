import { k8s } from 'cdk8s-plus-28';
import { SecretKey } from '../secrets/secret-key';
import { VariableName } from './variables';

/**
 * An environment variable whose value arrives as it is written: Kubernetes would expand `$(NAME)` and shorten `$$`.
 */
export function env(name: VariableName, value: string | number): k8s.EnvVar {
  return givenEnv(name, String(value));
}

/** The same for a variable that the user of the library gives. */
export function givenEnv(name: string, value: string): k8s.EnvVar {
  return { name, value: value.replaceAll('$', '$$$$') };
}

/** The value of a secret. It is optional: a script says what is missing, where the pod would only hang. */
export function secretEnv(name: VariableName, key: SecretKey): k8s.EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: key.secretName, key: key.key, optional: true } } };
}
