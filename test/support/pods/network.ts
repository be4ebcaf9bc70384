import { BlockList } from 'node:net';
import type { k8s } from 'cdk8s-plus-28';
import type { Manifest } from '../manifests/synth';

/** One end of a connection: a pod of a namespace, or a host outside. */
export interface Endpoint {
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly address?: string;
}

/**
 * Whether the NetworkPolicies let a pod connect: written from Kubernetes' rules, not from what the library does.
 * A pod that no policy selects for a direction is open in it; otherwise one rule of one policy must match.
 * Rule: https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation
 */
export function mayConnect(
  manifests: readonly Manifest[],
  from: Endpoint,
  to: Endpoint,
  port: number,
  protocol = 'TCP',
): boolean {
  const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy');
  return opens(policies, 'Egress', from, to, port, protocol) && opens(policies, 'Ingress', to, from, port, protocol);
}

type Rule = k8s.NetworkPolicyEgressRule & k8s.NetworkPolicyIngressRule;

function opens(
  policies: readonly Manifest[],
  type: 'Egress' | 'Ingress',
  pod: Endpoint,
  peer: Endpoint,
  port: number,
  protocol: string,
): boolean {
  const selecting = policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === pod.namespace &&
      pod.labels !== undefined &&
      spec.policyTypes.includes(type) &&
      matches(spec.podSelector, pod.labels),
  );
  if (selecting.length === 0) return true;
  const rules = selecting.flatMap(({ metadata, spec }) =>
    (((type === 'Egress' ? spec.egress : spec.ingress) as Rule[]) ?? []).map((rule) => ({
      namespace: metadata.namespace!,
      peers: type === 'Egress' ? rule.to : rule.from,
      ports: rule.ports,
    })),
  );
  return rules.some(
    ({ namespace, peers, ports }) =>
      (peers === undefined || peers.some((candidate) => isPeer(candidate, namespace, peer))) &&
      (ports === undefined || ports.some((open) => open.protocol === protocol && Number(open.port) === port)),
  );
}

function isPeer(
  { ipBlock, podSelector, namespaceSelector }: k8s.NetworkPolicyPeer,
  namespace: string,
  peer: Endpoint,
): boolean {
  if (ipBlock !== undefined) {
    return peer.address !== undefined && isIn(ipBlock.cidr, peer.address);
  }
  if (peer.labels === undefined) return false;
  const inNamespace =
    namespaceSelector === undefined
      ? peer.namespace === namespace
      : matches(namespaceSelector, { 'kubernetes.io/metadata.name': peer.namespace! });
  return inNamespace && matches(podSelector ?? {}, peer.labels);
}

function matches({ matchLabels = {} }: k8s.LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(matchLabels).every(([name, value]) => labels[name] === value);
}

function isIn(cidr: string, address: string): boolean {
  const [network, prefix] = cidr.split('/') as [string, string];
  const family = (text: string) => (text.includes(':') ? 'ipv6' : 'ipv4');
  const block = new BlockList();
  block.addSubnet(network, Number(prefix), family(network));
  return block.check(address, family(address));
}
