import { isIP } from 'node:net';
import { k8s } from 'cdk8s-plus-28';
import { checkCount, InvalidPropError } from '../errors';
import { checkLabels, checkName } from '../kubernetes/names';

/** The port of a peer. */
export interface NetworkPeerOptions {
  /**
   * TCP port (and for DNS, UDP port) at which the peer itself listens. A NetworkPolicy sees connections behind the
   * Service: if a Service translates its port, write the `targetPort`.
   * @default - the database's port; 443 for a heartbeat and a bucket; 6443 for the API server; 53 for DNS
   */
  readonly port?: number;
}

/** The namespace of the pods, and their port. */
export interface PodsPeerOptions extends NetworkPeerOptions {
  /**
   * Namespace of the pods, found by the label `kubernetes.io/metadata.name` that every namespace has.
   * @default - that of the workload
   */
  readonly namespace?: string;
}

/** A peer that pods may connect to. A NetworkPolicy knows pods and addresses, but no host names. */
export class NetworkPeer {
  /**
   * Pods in the cluster.
   * @param labels the labels of the pods, e.g. those in the selector of their Service
   * @throws InvalidPropError
   */
  public static pods(labels: { [name: string]: string }, options: PodsPeerOptions = {}): NetworkPeer {
    if (Object.keys(labels).length === 0) {
      throw new InvalidPropError(
        'networkPeer.labels',
        labels,
        'would mean every pod',
        'Write the labels in the selector of the Service, e.g. { "app.kubernetes.io/name": "postgresql" }',
      );
    }
    checkLabels('networkPeer.labels', labels);
    const { namespace } = options;
    if (namespace !== undefined) {
      checkName('networkPeer.namespace', namespace);
    }
    return new NetworkPeer(
      [
        {
          podSelector: { matchLabels: labels },
          ...(namespace !== undefined && {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
          }),
        },
      ],
      options.port,
    );
  }

  /**
   * Hosts outside of the cluster, or any peer without pods of its own.
   * @param addresses addresses or ranges, e.g. `10.0.0.5`, `10.0.0.0/24`, `2001:db8::5`
   * @throws InvalidPropError
   */
  public static addresses(addresses: string[], options: NetworkPeerOptions = {}): NetworkPeer {
    if (addresses.length === 0) {
      throw new InvalidPropError(
        'networkPeer.addresses',
        addresses,
        'is empty',
        'Write at least one address, e.g. "10.0.0.5"',
      );
    }
    return new NetworkPeer(
      addresses.map((address) => ({ ipBlock: { cidr: cidr(address) } })),
      options.port,
    );
  }

  private constructor(
    /** @internal */
    public readonly _peers: k8s.NetworkPolicyPeer[],
    /** Port of the peer; undefined for that of its use. */
    public readonly port?: number,
  ) {
    if (port !== undefined) {
      checkCount('networkPeer.port', port, 1, 65_535);
    }
  }
}

/** A range of addresses; a single address is a range of its own. */
function cidr(text: string): string {
  const [address = '', length, ...rest] = text.split('/');
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)]!;
  if (
    bits < 0 ||
    address.includes('%') ||
    rest.length > 0 ||
    (length !== undefined && !(/^\d{1,3}$/.test(length) && Number(length) <= bits))
  ) {
    throw new InvalidPropError(
      'networkPeer.addresses',
      text,
      'is neither an address nor a range of them, and a NetworkPolicy knows no host names',
      'Write the addresses of the name, e.g. "10.0.0.5" or "10.0.0.0/24"',
    );
  }
  return `${address}/${length ?? bits}`;
}
