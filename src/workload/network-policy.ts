import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { InvalidPropError } from '../errors';
import { described, LabelledWorkload, labelsOf, selectorOf } from '../kubernetes/labels';
import { Destination, Isolation } from '../network/isolation';
import { NetworkPeer } from '../network/network-peer';

/** The workload that is isolated. */
export interface IsolatedWorkload extends LabelledWorkload {
  /** Name of the construct in error messages. */
  readonly noun: string;
  readonly database: { readonly port: number };
  readonly isolation?: Isolation;
}

const IN_WORDS: Readonly<Record<Destination, string>> = {
  database: 'the database',
  dns: 'DNS',
  heartbeat: 'the heartbeat',
  apiServer: 'the API server',
  bucket: 'the bucket',
};

const DNS = NetworkPeer.pods({ 'k8s-app': 'kube-dns' }, { namespace: 'kube-system' });

/** Makes the NetworkPolicy of a workload if it is isolated. */
export function isolate(scope: Construct, job: IsolatedWorkload, destinations: readonly Destination[]): void {
  const { isolation, noun, name, database } = job;
  if (isolation === undefined) {
    return;
  }
  const ports = { database: database.port, heartbeat: 443, bucket: 443, apiServer: 6443, dns: 53 };
  const egress = destinations.map((destination): k8s.NetworkPolicyEgressRule => {
    const peer = isolation.exceptions?.[destination] ?? (destination === 'dns' ? DNS : undefined);
    if (peer === undefined) {
      throw new InvalidPropError(
        `${noun}.isolation.${destination}`,
        undefined,
        'is missing, and the pods need it',
        `Use Isolation.exceptFor({ ${destination}: NetworkPeer.pods(…) }), or NetworkPeer.addresses(…): a ` +
          'NetworkPolicy knows no host names',
      );
    }
    const port = k8s.IntOrString.fromNumber(peer.port ?? ports[destination]);
    return {
      to: peer._peers,
      ports: (destination === 'dns' ? ['UDP', 'TCP'] : ['TCP']).map((protocol) => ({ protocol, port })),
    };
  });
  new k8s.KubeNetworkPolicy(scope, 'isolation', {
    metadata: { name, labels: labelsOf(job), annotations: described(summary(name, destinations)) },
    spec: {
      podSelector: { matchLabels: selectorOf(job) },
      // This alone denies both directions. The API server drops empty lists, and would count each apply as a change.
      policyTypes: ['Ingress', 'Egress'],
      ...(egress.length > 0 && { egress }),
    },
  });
}

function summary(name: string, destinations: readonly Destination[]): string {
  const only =
    destinations.length === 0 ? '' : ` but ${destinations.map((destination) => IN_WORDS[destination]).join(', ')}`;
  return `Nothing may connect to the pods of ${name}, and they may connect to nothing${only}.`;
}
