const NAME = 'postgres-backup';

/**
 * The labels of every object of this library. There is no `app.kubernetes.io/version`: with each release it would
 * change every manifest, and the digest of the scripts says already what runs. `app.kubernetes.io/part-of` is the
 * consumer's to set.
 * Rule: https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
 * @param component what the object is for
 */
export function labelsFor(component: string): { [name: string]: string } {
  return {
    'app.kubernetes.io/name': NAME,
    'app.kubernetes.io/component': component,
    'app.kubernetes.io/managed-by': 'cdk8s',
  };
}

/** A workload, as its labels know it. */
export interface LabelledWorkload {
  readonly name: string;
  readonly component: string;
  readonly labels?: { [name: string]: string };
}

/** The labels of a workload and all that it makes. */
export function labelsOf({ name, component, labels }: LabelledWorkload): { [name: string]: string } {
  return { ...labels, ...labelsFor(component), 'app.kubernetes.io/instance': name };
}

/** Those of its labels that no other workload of the namespace has. */
export function selectorOf({ name, component }: LabelledWorkload): { [name: string]: string } {
  return {
    'app.kubernetes.io/name': NAME,
    'app.kubernetes.io/component': component,
    'app.kubernetes.io/instance': name,
  };
}

/**
 * The annotation that says in words what an object is for.
 * Rule: https://kubernetes.io/docs/reference/labels-annotations-taints/#description
 */
export function described(text: string): { [name: string]: string } {
  return { 'kubernetes.io/description': text };
}

/**
 * The container that `kubectl logs` and `kubectl exec` take where none is named.
 * Rule: https://kubernetes.io/docs/reference/labels-annotations-taints/#kubectl-kubernetes-io-default-container
 */
export function defaultContainer(name: string): { [name: string]: string } {
  return { 'kubectl.kubernetes.io/default-container': name };
}
