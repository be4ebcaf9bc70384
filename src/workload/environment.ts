import { k8s } from 'cdk8s-plus-28';
import { SecretKey } from '../secrets/secret-key';
import { VariableName } from './variables';

/**
 * An environment variable whose value arrives unchanged: Kubernetes would expand `$(NAME)` and shorten `$$`.
 */
export function env(name: VariableName, value: string | number): k8s.EnvVar {
  return givenEnv(name, String(value));
}

/** A variable of the library's user, whose value arrives unchanged, too. */
export function givenEnv(name: string, value: string): k8s.EnvVar {
  return { name, value: value.replaceAll('$', '$$$$') };
}

/** The value of a secret. It is optional: the script names a missing secret, while the pod would only hang. */
export function secretEnv(name: VariableName, key: SecretKey): k8s.EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: key.secretName, key: key.key, optional: true } } };
}
