import { NetworkPeer } from './network-peer';

/** The peers that the pods may connect to. Each workload gets only those that it needs. */
export interface IsolationExceptions {
  /** The server of the database. */
  readonly database: NetworkPeer;
  /**
   * The receiver of heartbeats. Required when a backup has a heartbeat. A NetworkPolicy knows no host names: a service
   * whose addresses change needs `NetworkPeer.addresses(['0.0.0.0/0'])`, which is any host on port 443.
   * @default - nothing
   */
  readonly heartbeat?: NetworkPeer;
  /**
   * The API server. Required for a restore with `quiesce`. Name its own addresses, as `kubectl get endpoints
   * kubernetes` shows them, and not that of the Service.
   * @default - nothing
   */
  readonly apiServer?: NetworkPeer;
  /**
   * The server of the bucket. Required for an `OffsiteCopy`. A NetworkPolicy knows no host names: a provider whose
   * addresses change needs `NetworkPeer.addresses(['0.0.0.0/0'])`, which is any host on port 443.
   * @default - nothing
   */
  readonly bucket?: NetworkPeer;
  /**
   * The resolver of names, by UDP and by TCP.
   * @default - the pods of `kube-system` with the label `k8s-app: kube-dns`, which those of CoreDNS have too
   */
  readonly dns?: NetworkPeer;
}

/**
 * Isolates the pods of a workload from the network, by a NetworkPolicy. No peer may connect to them, and they may
 * connect to the named peers only. The node mounts claims, so these need no exception. The network of the cluster must
 * enforce it: a network without support for NetworkPolicies silently ignores them.
 * Rule: https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export class Isolation {
  /** Isolates from all peers. For drills, which need no network. */
  public static complete(): Isolation {
    return new Isolation();
  }

  /**
   * Isolates from all peers but the database, DNS, and the others that are named. A drill of dumps accepts it, too, and
   * still gets no network.
   */
  public static exceptFor(exceptions: IsolationExceptions): Isolation {
    return new Isolation(exceptions);
  }

  private constructor(
    /** The peers that the pods may connect to; undefined for none. */
    public readonly exceptions?: IsolationExceptions,
  ) {}
}

/** A peer that a workload connects to. */
export type Destination = keyof IsolationExceptions;
