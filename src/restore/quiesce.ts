import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { env } from '../workload/environment';
import { PodExtras } from '../workload/hardened-pod';
import { checkImage } from '../kubernetes/image';
import { described, labelsOf } from '../kubernetes/labels';
import { checkName } from '../kubernetes/names';
import { ScriptJobProps } from '../workload/script-job';

const KUBECTL_PATH = '/kubectl';
const KUBECTL = env('KUBECTL', `${KUBECTL_PATH}/kubectl`);
const KUBECTL_IMAGE = 'alpine/kubectl:1.34.2';

/** The folder in which every client looks for its account. */
const ACCOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Stops a service right before the cutover of a restore and starts it again afterwards, also when the cutover failed:
 * a Deployment of the restore's namespace is scaled to 0 replicas, and back to the count that was found. The restore
 * gets an account, if none is given, that may read and set the scale of this one Deployment, and nothing else.
 *
 * Another program that sets the scale may undo this, e.g. a HelmRelease with drift detection. Suspend it for the
 * restore.
 */
export interface Quiesce {
  /** Name of the Deployment. */
  readonly deployment: string;
  /**
   * Image to copy `kubectl` from, with a tag or a digest. It must have `sh` and `cp`: distroless images and those from
   * scratch, such as `rancher/kubectl`, lack them. The program must be linked statically, like that of the Kubernetes
   * releases. Its version must be 1.24 or later, and at most one minor version from the cluster's.
   * @default 'alpine/kubectl:1.34.2'
   */
  readonly image?: string;
}

/**
 * Returns the job with all that it needs to scale the deployment.
 * @throws InvalidPropError
 */
export function withQuiesce(scope: Construct, job: ScriptJobProps, quiesce: Quiesce): ScriptJobProps {
  const { deployment, image = KUBECTL_IMAGE } = quiesce;
  checkName('restoreJob.quiesce.deployment', deployment);
  checkImage('restoreJob.quiesce.image', image);
  return {
    ...job,
    settings: [...job.settings, KUBECTL, env('QUIESCE_DEPLOYMENT', deployment)],
    reaches: ['apiServer'],
    extras: podExtras(account(scope, job, deployment), image),
  };
}

/** @returns the name of the account that may set the scale */
function account(scope: Construct, job: ScriptJobProps, deployment: string): string {
  const annotations = described(`Lets the restore set the scale of the Deployment ${deployment}, and nothing else.`);
  const metadata = { name: job.name, labels: labelsOf(job), annotations };
  const accountName = job.serviceAccount?.name ?? job.name;
  if (job.serviceAccount === undefined) {
    new k8s.KubeServiceAccount(scope, 'account', { metadata, automountServiceAccountToken: false });
  }
  new k8s.KubeRole(scope, 'role', {
    metadata,
    rules: [
      { apiGroups: ['apps'], resources: ['deployments/scale'], resourceNames: [deployment], verbs: ['get', 'patch'] },
    ],
  });
  new k8s.KubeRoleBinding(scope, 'role-binding', {
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: job.name },
    subjects: [{ kind: 'ServiceAccount', name: accountName }],
  });
  return accountName;
}

/** The token is a volume and not mounted automatically: only the container that scales gets it. */
function podExtras(serviceAccountName: string, image: string): PodExtras {
  return {
    serviceAccountName,
    // The script tries to scale back for half of this time.
    gracePeriod: 60,
    initContainers: [
      {
        name: 'lend-kubectl',
        image,
        script: 'lend-kubectl.sh',
        env: [KUBECTL],
        volumeMounts: [{ name: 'kubectl', mountPath: KUBECTL_PATH }],
      },
    ],
    volumes: [
      { name: 'kubectl', emptyDir: { sizeLimit: k8s.Quantity.fromString('256Mi') } },
      {
        name: 'account',
        projected: {
          sources: [
            { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
            { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
            { downwardApi: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
          ],
        },
      },
    ],
    volumeMounts: [
      { name: 'kubectl', mountPath: KUBECTL_PATH, readOnly: true },
      { name: 'account', mountPath: ACCOUNT_PATH, readOnly: true },
    ],
  };
}
