const NAME = 'postgres-backup';

/**
 * The labels of every object of this library. There is no `app.kubernetes.io/version`: each release would change every
 * manifest, and the digest of the scripts already tells which scripts run. The consumer may set
 * `app.kubernetes.io/part-of`.
 * Rule: https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
 * @param component the purpose of the object
 */
export function labelsFor(component: string): { [name: string]: string } {
  return {
    'app.kubernetes.io/name': NAME,
    'app.kubernetes.io/component': component,
    'app.kubernetes.io/managed-by': 'cdk8s',
  };
}

/** A workload, with the facts of its labels. */
export interface LabelledWorkload {
  readonly name: string;
  readonly component: string;
  readonly labels?: { [name: string]: string };
}

/** The labels of a workload and of all objects that it makes. */
export function labelsOf({ name, component, labels }: LabelledWorkload): { [name: string]: string } {
  return { ...labels, ...labelsFor(component), 'app.kubernetes.io/instance': name };
}

/** The labels that select a workload, and no other workload of the namespace. */
export function selectorOf({ name, component }: LabelledWorkload): { [name: string]: string } {
  return {
    'app.kubernetes.io/name': NAME,
    'app.kubernetes.io/component': component,
    'app.kubernetes.io/instance': name,
  };
}

/**
 * The annotation that describes an object in words.
 * Rule: https://kubernetes.io/docs/reference/labels-annotations-taints/#description
 */
export function described(text: string): { [name: string]: string } {
  return { 'kubernetes.io/description': text };
}

/**
 * The container that `kubectl logs` and `kubectl exec` take by default.
 * Rule: https://kubernetes.io/docs/reference/labels-annotations-taints/#kubectl-kubernetes-io-default-container
 */
export function defaultContainer(name: string): { [name: string]: string } {
  return { 'kubectl.kubernetes.io/default-container': name };
}
