import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { keepAnnotations, type Delivery } from '../delivery/delivery';
import { VERBATIM } from '../delivery/gitops-annotations';
import { InvalidPropError } from '../errors';
import { ALLOW_DELETE } from '../kubernetes/annotations';
import { described, labelsFor } from '../kubernetes/labels';
import { checkLabels, checkName } from '../kubernetes/names';

/** The objects that must not be deleted. */
export interface NamespaceGuardProps {
  /** Name of the policy and of its binding. No other policy of the cluster may have it. */
  readonly name: string;
  /** The namespace that must not be deleted. */
  readonly namespace: string;
  /**
   * Names of claims of the namespace, e.g. that of the dumps and those of the database.
   * @default - none
   */
  readonly claims?: string[];
  /**
   * Names of StatefulSets of the namespace, e.g. that of the database.
   * @default - none
   */
  readonly statefulSets?: string[];
  /**
   * Labels that protect every claim and StatefulSet of the namespace that has all of them.
   * @default - only `claims` and `statefulSets` are protected
   */
  readonly matchLabels?: { [name: string]: string };
  /**
   * Whether the API is `v1beta1`, which Kubernetes 1.28 and 1.29 have if it is switched on; `v1` needs 1.30 or later.
   * @default false
   */
  readonly beta?: boolean;
  /**
   * The tool that applies the guard. Its annotation tells it to keep a guard that has disappeared from Git.
   * @default - the annotations of Flux, Argo CD and Helm
   */
  readonly delivery?: Delivery;
}

const GROUP = 'admissionregistration.k8s.io';

/** As long as an object has it, the object exists, and is in force. */
const FINALIZER = 'cdk8s-postgres-backup/guard';

/** The last day on which a deletion is allowed. */
const DAY = '^[0-9]{4}-[0-9]{2}-[0-9]{2}$';

/**
 * Refuses to delete a namespace, and the dumps and the database of an instance in it: for a person, Flux, Helm and
 * every controller. To delete on purpose, annotate the object with its own name and a day in UTC, e.g.
 * `cdk8s-postgres-backup/allow-delete: shop-backup until 2026-12-01`. The permission ends after that day.
 *
 * The objects of the guard are cluster-scoped: put it into a chart of its own, without a namespace, and let a
 * Kustomization of its own apply it. The policy and the binding have a finalizer: after their deletion they stay in
 * force until it is removed, too.
 *
 * The guard cannot stop a person who removes the finalizer first, changes the policy, or has access to etcd, the nodes
 * or the NAS. Nor can it stop the deletion of a volume without its claim.
 *
 * A policy has no clock: it takes the time of the newest lease of the API servers.
 * Rule: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export class NamespaceGuard extends Construct {
  /** Name of the policy and of its binding. */
  public readonly name: string;
  /** The namespace that must not be deleted. */
  public readonly namespace: string;

  /** @throws InvalidPropError */
  constructor(scope: Construct, id: string, props: NamespaceGuardProps) {
    super(scope, id);
    checkName('namespaceGuard.name', props.name);
    checkName('namespaceGuard.namespace', props.namespace);
    props.claims?.forEach((claim) => checkName('namespaceGuard.claims', claim));
    props.statefulSets?.forEach((set) => checkName('namespaceGuard.statefulSets', set));
    checkLabels('namespaceGuard.matchLabels', props.matchLabels);
    if (props.matchLabels !== undefined && Object.keys(props.matchLabels).length === 0) {
      throw new InvalidPropError(
        'namespaceGuard.matchLabels',
        {},
        'would protect everything',
        'Name a label, or leave it out',
      );
    }
    this.name = props.name;
    this.namespace = props.namespace;
    const apiVersion = `${GROUP}/${props.beta === true ? 'v1beta1' : 'v1'}`;
    const metadata = {
      name: props.name,
      finalizers: [FINALIZER],
      labels: labelsFor('guard'),
      annotations: {
        ...described(
          `Refuses to delete the namespace ${props.namespace}, and the claims and the database in it, which hold the data ` +
            'and the dumps. It cannot stop a person who first removes or changes it, or has access to etcd, the ' +
            'nodes or the NAS.',
        ),
        ...VERBATIM,
        ...keepAnnotations(props.delivery),
      },
    };
    this.node.defaultChild = new ApiObject(this, 'policy', {
      apiVersion,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: policy(props),
    });
    new ApiObject(this, 'binding', {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: {
        policyName: props.name,
        validationActions: ['Deny'],
        paramRef: {
          namespace: 'kube-system',
          selector: { matchLabels: { 'apiserver.kubernetes.io/identity': 'kube-apiserver' } },
          parameterNotFoundAction: 'Deny',
        },
      },
    });
  }
}

function policy(props: NamespaceGuardProps): object {
  const own = 'oldObject.metadata.name';
  return {
    failurePolicy: 'Fail',
    paramKind: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' },
    matchConstraints: {
      resourceRules: [rule('', ['namespaces', 'persistentvolumeclaims']), rule('apps', ['statefulsets'])],
    },
    // By the object itself: `resourceNames` of a rule does not apply when many objects are deleted at once.
    matchConditions: [{ name: 'protected', expression: protectedObject(props) }],
    variables: [
      { name: 'words', expression: `oldObject.metadata.?annotations[?"${ALLOW_DELETE}"].orValue("").split(" until ")` },
      {
        name: 'allowed',
        expression:
          `size(variables.words) == 2 && variables.words[0] == ${own} && variables.words[1].matches("${DAY}") && ` +
          'timestamp(params.spec.renewTime) < timestamp(variables.words[1] + "T00:00:00Z") + duration("24h")',
      },
      {
        name: 'what',
        expression:
          `request.resource.resource == "namespaces" ? "namespace " + ${own} : ` +
          `request.resource.resource + " " + ${own} + " -n " + request.namespace`,
      },
    ],
    validations: [
      {
        expression: 'variables.allowed',
        messageExpression:
          `"not deleted: " + ${own} + " is protected by ${props.name}, since data or dumps of ${props.namespace} would ` +
          'be lost with it for good. If you mean that, and a copy of the dumps is elsewhere, type: ' +
          `kubectl annotate --overwrite " + variables.what + " \\"${ALLOW_DELETE}=" + ${own} + " until YYYY-MM-DD\\" ` +
          '(the last day in UTC on which it may be deleted), and delete it again."',
      },
    ],
  };
}

function rule(group: string, resources: string[]): object {
  return { apiGroups: [group], apiVersions: ['*'], operations: ['DELETE'], resources };
}

function protectedObject({ namespace, claims = [], statefulSets = [], matchLabels }: NamespaceGuardProps): string {
  const is = (resource: string): string => `request.resource.resource == ${JSON.stringify(resource)}`;
  const named = (resource: string, names: readonly string[]): string[] =>
    names.length === 0
      ? []
      : [`${is(resource)} && oldObject.metadata.name in ${JSON.stringify([...new Set(names)].sort())}`];
  const labels = Object.entries(matchLabels ?? {}).map(
    ([name, value]) => `oldObject.metadata.?labels[?${JSON.stringify(name)}].orValue("") == ${JSON.stringify(value)}`,
  );
  const inside = [
    ...named('persistentvolumeclaims', claims),
    ...named('statefulsets', statefulSets),
    ...(labels.length === 0 ? [] : [`request.resource.resource != "namespaces" && ${labels.join(' && ')}`]),
  ].map((one) => `(${one})`);
  return [
    `(${is('namespaces')} && oldObject.metadata.name == ${JSON.stringify(namespace)})`,
    ...(inside.length === 0 ? [] : [`(request.namespace == ${JSON.stringify(namespace)} && (${inside.join(' || ')}))`]),
  ].join(' || ');
}
