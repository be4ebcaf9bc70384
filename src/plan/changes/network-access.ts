import { at, list, text, type Manifest, type Value } from '../../manifests/manifest';
import { componentLabel } from '../../manifests/workload';
import type { Change } from '../change';
import { change, type Comparison } from '../comparison';
import { name } from '../words';

const DIRECTIONS = [
  {
    field: 'egress',
    type: 'Egress',
    peers: 'to',
    opened: 'may connect to more peers than before',
    closed: 'may connect to fewer peers than before',
    risk: 'They hold the dump and the password of the database: an intruder in one of them could send both out.',
    doubt: 'A run that needs a missing peer fails at its first connection.',
  },
  {
    field: 'ingress',
    type: 'Ingress',
    peers: 'from',
    opened: 'accept connections from more peers than before',
    closed: 'accept connections from fewer peers than before',
    risk: 'None of them serves anything: only an attacker gains by it.',
    doubt: 'None of them serves anything, and nothing is lost by it.',
  },
] as const;

/** One peer and one port of a rule; undefined is any. */
interface Way {
  readonly peer: string | undefined;
  readonly port: string | undefined;
}

/** Answers about the peers that the pods of this library may connect to. */
export function networkAccess({ resources }: Comparison): Change[] {
  return resources.flatMap(({ before, after }): Change[] => {
    if (after?.kind !== 'NetworkPolicy' || componentLabel(after) === undefined) return [];
    if (before === undefined)
      return [
        change(
          'isolation-closed',
          'note',
          after,
          `The pods that ${name(after.name)} selects are isolated from now on`,
          [DIRECTIONS[0].doubt],
        ),
      ];
    return DIRECTIONS.flatMap((direction): Change[] => {
      const [was, is] = [ways(before, direction), ways(after, direction)];
      const opened = is.filter((way) => !was.some((known) => covers(known, way)));
      const closed = was.filter((way) => !is.some((known) => covers(known, way)));
      if (opened.length + closed.length === 0) return [];
      const items = [...opened.map((way) => `new: ${shown(way)}`), ...closed.map((way) => `gone: ${shown(way)}`)];
      return [
        opened.length > 0
          ? change(
              'isolation-opened',
              'warning',
              after,
              `The pods that ${name(after.name)} selects ${direction.opened}`,
              [direction.risk],
              items,
            )
          : change(
              'isolation-closed',
              'note',
              after,
              `The pods that ${name(after.name)} selects ${direction.closed}`,
              [direction.doubt],
              items,
            ),
      ];
    });
  });
}

function ways({ object }: Manifest, { field, type, peers }: (typeof DIRECTIONS)[number]): Way[] {
  const types = list(object, 'spec', 'policyTypes');
  const isRestricted =
    types.length > 0 ? types.includes(type) : type === 'Ingress' || at(object, 'spec', field) !== undefined;
  if (!isRestricted) return [{ peer: undefined, port: undefined }];
  return list(object, 'spec', field).flatMap((rule) => {
    const hosts = list(rule, peers);
    const ports = list(rule, 'ports');
    return (hosts.length === 0 ? [undefined] : hosts.map(peerOf)).flatMap((peer) =>
      (ports.length === 0 ? [undefined] : ports.map(portOf)).map((port) => ({ peer, port })),
    );
  });
}

function peerOf(peer: Value): string | undefined {
  const cidr = text(peer, 'ipBlock', 'cidr');
  const except = list(peer, 'ipBlock', 'except');
  if (cidr !== undefined)
    return /^(0\.0\.0\.0|::)\/0$/.test(cidr) && except.length === 0
      ? undefined
      : `${cidr}${except.length > 0 ? ` except ${except.join(', ')}` : ''}`;
  const [pods, namespaces] = ['podSelector', 'namespaceSelector'].map((selector) => at(peer, selector));
  return [
    `pods ${selected(pods)}`,
    ...(namespaces === undefined ? [] : [`in namespaces ${selected(namespaces)}`]),
  ].join(' ');
}

function selected(selector: Value): string {
  const labels = Object.entries(at(selector, 'matchLabels') ?? {});
  return at(selector, 'matchExpressions') === undefined
    ? labels.map(([label, value]) => `${label}=${String(value)}`).join(',') || '(all)'
    : JSON.stringify(selector);
}

function portOf(port: Value): string {
  const end = at(port, 'endPort');
  return [
    text(port, 'protocol') ?? 'TCP',
    `${String(at(port, 'port') ?? '(all)')}${end === undefined ? '' : `-${String(end)}`}`,
  ].join(' ');
}

function covers(known: Way, way: Way): boolean {
  return (known.peer === undefined || known.peer === way.peer) && (known.port === undefined || known.port === way.port);
}

function shown({ peer, port }: Way): string {
  return `${name(peer ?? 'any address')}, ${port ?? 'any port'}`;
}
