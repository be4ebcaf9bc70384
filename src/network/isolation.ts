import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { InvalidPropError } from '../errors';
import { described, labelsOf, selectorOf } from '../kubernetes/labels';
import { NetworkPeer } from './network-peer';
import { ScriptJobProps } from '../workload/script-job';

/** What the pods may connect to. Each workload gets of it what it needs, and nothing that only another one needs. */
export interface IsolationExceptions {
  /** The server of the database. */
  readonly database: NetworkPeer;
  /**
   * Where a heartbeat is posted to. Required where a backup has one. A NetworkPolicy knows no host names: a service
   * whose addresses change needs `NetworkPeer.addresses(['0.0.0.0/0'])`, which is any host on port 443.
   * @default - nothing
   */
  readonly heartbeat?: NetworkPeer;
  /**
   * The API server, which a restore with `quiesce` talks to: its own addresses as `kubectl get endpoints kubernetes`
   * shows them, and not that of the Service.
   * @default - nothing
   */
  readonly apiServer?: NetworkPeer;
  /**
   * Who resolves names, by UDP and by TCP.
   * @default - the pods of `kube-system` with the label `k8s-app: kube-dns`, which CoreDNS has too
   */
  readonly dns?: NetworkPeer;
}

/**
 * Shuts the pods of a workload off from the network, by a NetworkPolicy: nothing may connect to them, and they may
 * connect to what is named here and to nothing else. Claims are mounted by the node and need no exception. It is up to
 * the network of the cluster to enforce it; where it does not know NetworkPolicies, they are ignored without a word.
 * Rule: https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export class Isolation {
  /** From everything. For drills, which need no network. */
  public static complete(): Isolation {
    return new Isolation(undefined);
  }

  /**
   * From everything but the database, DNS, and what else is named. Drills take it too, and get no network all the same.
   */
  public static exceptFor(exceptions: IsolationExceptions): Isolation {
    return new Isolation(exceptions);
  }

  private constructor(public readonly exceptions: IsolationExceptions | undefined) {}
}

/** What a workload connects to. */
export type Destination = keyof IsolationExceptions;

const IN_WORDS: Readonly<Record<Destination, string>> = {
  database: 'the database',
  dns: 'DNS',
  heartbeat: 'the heartbeat',
  apiServer: 'the API server',
};

const DNS = NetworkPeer.pods({ 'k8s-app': 'kube-dns' }, { namespace: 'kube-system' });

/** The NetworkPolicy of a workload, where it is isolated. */
export function isolate(scope: Construct, job: ScriptJobProps, destinations: readonly Destination[]): void {
  const { isolation, noun, name, database } = job;
  if (isolation === undefined) {
    return;
  }
  const ports = { database: database.port, heartbeat: 443, apiServer: 6443, dns: 53 };
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
      to: peer.peers,
      ports: (destination === 'dns' ? ['UDP', 'TCP'] : ['TCP']).map((protocol) => ({ protocol, port })),
    };
  });
  new k8s.KubeNetworkPolicy(scope, 'isolation', {
    metadata: { name, labels: labelsOf(job), annotations: described(summary(name, destinations)) },
    spec: {
      podSelector: { matchLabels: selectorOf(job) },
      // Shut in both directions by this alone. The API server drops empty lists, and would count each apply as a
      // change.
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
