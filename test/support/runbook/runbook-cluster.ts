import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Container } from '../pods/manifest';
import { isAllowed, type Rule, type Wanted } from '../pods/fake-api';
import type { PodProcess } from '../pods/pod';
import type { Manifest } from '../manifests/synth';

interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

const kind = (apiVersion: string, name: string, plural: string, namespaced = true): Kind => {
  const [version, group = ''] = apiVersion.split('/').reverse();
  return { group, version: version!, kind: name, plural, namespaced };
};

/** What the cluster knows. A command that names another kind fails, as one that names another object does. */
const KINDS: readonly Kind[] = [
  kind('v1', 'Pod', 'pods'),
  kind('v1', 'Secret', 'secrets'),
  kind('v1', 'Service', 'services'),
  kind('v1', 'ConfigMap', 'configmaps'),
  kind('v1', 'Namespace', 'namespaces', false),
  kind('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims'),
  kind('v1', 'PersistentVolume', 'persistentvolumes', false),
  kind('v1', 'Event', 'events'),
  kind('apps/v1', 'Deployment', 'deployments'),
  kind('apps/v1', 'StatefulSet', 'statefulsets'),
  kind('batch/v1', 'Job', 'jobs'),
  kind('batch/v1', 'CronJob', 'cronjobs'),
  kind('authorization.k8s.io/v1', 'SelfSubjectAccessReview', 'selfsubjectaccessreviews', false),
  kind('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', 'kustomizations'),
  kind('helm.toolkit.fluxcd.io/v2', 'HelmRelease', 'helmreleases'),
];
const SHORT: Record<string, string> = { persistentvolumeclaims: 'pvc', persistentvolumes: 'pv' };
const LOG_LINE = /^\/api\/v1\/namespaces\/[^/]+\/pods\/([^/]+)\/log$/;

type Answer = readonly [status: number, body: unknown];

const VERBS: Record<string, string> = { PATCH: 'patch', PUT: 'update', POST: 'create', DELETE: 'delete' };

/** What a pod of a Job is to Kubernetes. */
export type ClusterPod = Pick<PodProcess, 'made' | 'result' | 'log' | 'ending' | 'onChange' | 'waitForOutput' | 'kill'>;

/** Why the pods of a Job do not start. */
export interface Hindrance {
  /** The state of the first container. */
  readonly waiting?: { readonly reason: string; readonly message: string };
  readonly unscheduled?: string;
  /** A warning about the Job, which then has no pod at all. */
  readonly noPod?: { readonly reason: string; readonly message: string };
}

/**
 * An API server over given objects. A Job that is created runs, by what `run` makes of it, with as many tries as it
 * says, and its pods have logs.
 */
export class RunbookCluster {
  /** Method and URL of each request that is not discovery, with the status of the answer. */
  readonly requests: string[] = [];
  /** The Jobs that were created. */
  readonly jobs: Manifest[] = [];
  /** What the account may do; everything, where there are no rules. */
  rules?: readonly Rule[];
  /** Why the pods of the next Jobs do not start. */
  hindrance?: Hindrance;
  /** Logs that are being followed. */
  followers = 0;
  /** After how many bytes each of the next logs is cut off, in the middle of a line; cleanly, as proxies do it. */
  readonly cuts: { readonly after: number; readonly cleanly: boolean }[] = [];
  /** What was asked for, as verb, group, resource. */
  readonly asked = new Set<string>();
  /** Called after each change of a scale. */
  onScale: (replicas: number) => void = () => {};
  /** Called when the pods of a workload are replaced. */
  onRestart: () => void = () => {};
  private readonly objects: Manifest[];
  private readonly running = new Map<string, ClusterPod>();
  /** The Jobs, from their first pod to their last: none may begin when the file of tests has ended. */
  private readonly tries: Promise<void>[] = [];
  private isClosed = false;
  private readonly watchers = new Set<(object: Manifest) => void>();
  private readonly server: Server;
  private port = 0;
  /** Kubernetes refuses the log of a container that has not begun; here for the first request. */
  private notBegun = true;

  constructor(
    objects: readonly Manifest[],
    private readonly run: (job: Manifest) => ClusterPod,
  ) {
    this.objects = structuredClone([...objects]);
    this.server = createServer((request, response) => {
      let body = '';
      request
        .setEncoding('utf8')
        .on('data', (text: string) => (body += text))
        .on('end', () => void this.respond(request, response, body));
    });
  }

  /** At its address of before, where it had one. */
  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
    return `http://127.0.0.1:${this.port}`;
  }

  /** Ends all connections, and takes none until it is opened again. What runs, runs on. */
  hangUp(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.allSettled(this.tries);
    this.hangUp();
  }

  object(kindName: string, name: string): Manifest {
    const found = this.objects.find((object) => object.kind === kindName && object.metadata.name === name);
    if (found === undefined) throw new Error(`The cluster has no ${kindName} ${name}.`);
    return found;
  }

  /** The pod of a Job that runs, or ran last. */
  pod(job: string): ClusterPod {
    const pod = this.podsOf(job).at(-1);
    if (pod === undefined) throw new Error(`The cluster runs no pod of ${job}.`);
    return pod;
  }

  hasPod(job: string): boolean {
    return this.podsOf(job).length > 0;
  }

  private podsOf(job: string): ClusterPod[] {
    return [...this.running].flatMap(([name, pod]) => (name.startsWith(`${job}-`) ? [pod] : []));
  }

  /** Adds an object, or puts another one in the place of that of its kind and name. */
  put(object: Manifest): void {
    this.remove(object.kind, object.metadata.name);
    this.objects.push(object);
  }

  remove(kindName: string, name: string): void {
    const index = this.objects.findIndex((object) => object.kind === kindName && object.metadata.name === name);
    if (index >= 0) this.objects.splice(index, 1);
  }

  /** Ends a Job as its controller does. */
  end(job: Manifest, type: 'Complete' | 'Failed', reason?: string, message?: string): void {
    const now = moment();
    job.status = {
      startTime: job.metadata.creationTimestamp,
      ...(type === 'Complete' ? { completionTime: now, succeeded: 1 } : {}),
      conditions: [{ type, status: 'True', reason, message, lastTransitionTime: now }],
    };
    for (const tell of this.watchers) tell(job);
  }

  private async respond(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    const url = new URL(request.url!, 'http://cluster');
    const path = decodeURIComponent(url.pathname);
    const found = discovery(path);
    if (found !== undefined) {
      send(response, [200, found]);
      return;
    }
    const note = (status: number): unknown => this.requests.push(`${request.method} ${request.url} ${status}`);
    const forbidden = this.forbidden(request.method!, path, url.searchParams);
    if (forbidden !== undefined) {
      note(403);
      send(response, forbidden);
    } else if (LOG_LINE.test(path)) {
      note(this.log(response, LOG_LINE.exec(path)![1]!, url.searchParams));
    } else if (url.searchParams.get('watch') === 'true') {
      note(200);
      this.watch(response, url.searchParams);
    } else {
      const answer = this.answer(request.method!, path, url.searchParams, body);
      note(answer[0]);
      send(response, answer);
    }
  }

  private answer(method: string, path: string, query: URLSearchParams, body: string): Answer {
    const [, group, namespace, plural, name, subresource] =
      /^\/(?:api|apis\/([^/]+))\/[^/]+(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/(.+))?$/.exec(path) ?? [];
    const known = KINDS.find(
      (one) => one.plural === plural && one.group === (group ?? '') && one.namespaced === (namespace !== undefined),
    );
    if (known === undefined)
      return failure(404, 'NotFound', `the server could not find the requested resource ${path}`);
    const apiVersion = [known.group, known.version].filter(Boolean).join('/');
    if (known.kind === 'Pod') this.refresh();
    const there = this.objects.filter(
      (object) =>
        object.kind === known.kind &&
        (!known.namespaced || object.metadata.namespace === namespace) &&
        selected(object, query),
    );
    if (method === 'POST' && known.kind === 'SelfSubjectAccessReview') return this.review(JSON.parse(body) as Manifest);
    if (method === 'POST' && name === undefined && known.kind === 'Job')
      return this.create(JSON.parse(body) as Manifest, namespace!);
    if (name === undefined)
      return [200, { kind: `${known.kind}List`, apiVersion, metadata: { resourceVersion: '1' }, items: there }];
    const object = there.find(({ metadata }) => metadata.name === name.split(':')[0]);
    if (object === undefined)
      return failure(
        404,
        'NotFound',
        `${plural} "${name}" not found${namespace === undefined ? '' : ` in ${namespace}`}`,
      );
    if (subresource === undefined && method === 'GET') return [200, object];
    if (subresource === undefined && method === 'PATCH' && known.kind === 'CronJob') {
      Object.assign(object.spec, (JSON.parse(body) as Manifest).spec);
      return [200, object];
    }
    if (subresource === undefined && method === 'PATCH' && known.kind === 'Deployment') {
      object.spec.template.metadata.annotations = (JSON.parse(body) as Manifest).spec.template.metadata.annotations;
      this.onRestart();
      return [200, object];
    }
    if (subresource === undefined && method === 'DELETE' && known.kind === 'Job') return this.delete(object);
    if (subresource === 'scale') return this.scale(object, method === 'GET' ? undefined : JSON.parse(body));
    if (known.kind === 'Service' && subresource?.startsWith('proxy/'))
      return this.proxied(object, name, subresource.replace('proxy', ''));
    if (subresource === 'exec') return failure(501, 'NotImplemented', 'nothing runs in the pods of this cluster');
    return failure(405, 'MethodNotAllowed', `${method} ${path}`);
  }

  private create(job: Manifest, namespace: string): Answer {
    const { name } = job.metadata;
    if (this.objects.some((object) => object.kind === 'Job' && object.metadata.name === name)) {
      return failure(409, 'AlreadyExists', `jobs.batch "${name}" already exists`);
    }
    const foreign = this.foreignVariable(job);
    if (foreign !== undefined)
      return failure(422, 'Invalid', `its CronJob has no variable ${foreign}, so nobody reads it`);
    this.jobs.push(structuredClone(job));
    job.spec.selector = { matchLabels: { 'batch.kubernetes.io/job-name': name } };
    Object.assign(job.metadata, { namespace, creationTimestamp: moment() });
    job.status = { startTime: moment(), active: 1 };
    this.objects.push(job);
    const hindrance = this.hindrance;
    if (hindrance === undefined) this.tries.push(this.tryJob(job, 1));
    else this.hinder(job, hindrance);
    return [201, job];
  }

  /** As often as its backoffLimit says, unless its podFailurePolicy takes the exit status for final. */
  private async tryJob(job: Manifest, attempt: number): Promise<void> {
    const { backoffLimit, podFailurePolicy } = job.spec as {
      backoffLimit: number;
      podFailurePolicy?: { rules: { action: string; onExitCodes?: { values: number[] } }[] };
    };
    const pod = this.podOf(job, attempt);
    const running = this.run(structuredClone(job));
    this.running.set(pod.metadata.name, running);
    const { status } = await running.result;
    const final = podFailurePolicy?.rules.some(
      ({ action, onExitCodes }) => action === 'FailJob' && onExitCodes?.values.includes(status),
    );
    if (status === 0) this.end(job, 'Complete');
    else if (final) this.end(job, 'Failed', 'PodFailurePolicy', `Container ended with exit code ${status}`);
    else if (attempt > backoffLimit)
      this.end(job, 'Failed', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit');
    else if (!this.isClosed) await this.tryJob(job, attempt + 1);
  }

  private podOf(job: Manifest, attempt: number): Manifest {
    const { name, namespace } = job.metadata;
    const labels = {
      ...job.spec.template.metadata.labels,
      'job-name': name,
      'batch.kubernetes.io/job-name': name,
    };
    const pod: Manifest = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `${name}-pod${attempt}`, namespace, labels },
      spec: job.spec.template.spec,
      status: { phase: 'Pending' },
    };
    Object.assign(pod.metadata, { creationTimestamp: moment() });
    this.objects.push(pod);
    return pod;
  }

  private hinder(job: Manifest, { waiting, unscheduled, noPod }: Hindrance): void {
    if (noPod !== undefined) {
      this.warn('Job', job, noPod.reason, noPod.message);
      return;
    }
    const pod = this.podOf(job, 1);
    const { initContainers } = pod.spec as { initContainers: Container[] };
    pod.status = {
      phase: 'Pending',
      ...(waiting === undefined
        ? {}
        : { initContainerStatuses: [{ name: initContainers[0]!.name, state: { waiting } }] }),
      ...(unscheduled === undefined
        ? {}
        : {
            conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: unscheduled }],
          }),
    };
  }

  private warn(kindName: string, { metadata }: Manifest, reason: string, message: string): void {
    this.objects.push({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${metadata.name}.1`, namespace: metadata.namespace },
      involvedObject: { kind: kindName, name: metadata.name },
      type: 'Warning',
      reason,
      message,
    });
  }

  /** Says of each pod that runs how its containers are. */
  private refresh(): void {
    for (const [name, running] of this.running) {
      const pod = this.objects.find((object) => object.kind === 'Pod' && object.metadata.name === name);
      if (pod === undefined) continue;
      const { containers, initContainers = [] } = pod.spec as { containers: Container[]; initContainers?: Container[] };
      const statuses = (list: readonly Container[]): object[] =>
        list.map((container) => ({ name: container.name, state: stateOf(running, container.name) }));
      const endings = [...initContainers, ...containers].map((container) => running.ending(container.name)?.status);
      const failed = endings.some((status) => status !== undefined && status !== 0);
      const done = endings.every((status) => status === 0);
      pod.status = {
        phase: failed ? 'Failed' : done ? 'Succeeded' : 'Running',
        initContainerStatuses: statuses(initContainers),
        containerStatuses: statuses(containers),
      };
    }
  }

  private forbidden(method: string, path: string, query: URLSearchParams): Answer | undefined {
    const [, group = '', plural, name, subresource] =
      /^\/(?:api|apis\/([^/]+))\/[^/]+\/namespaces\/[^/]+\/([^/]+)(?:\/([^/]+))?(?:\/(.+))?$/.exec(path) ?? [];
    if (plural === undefined) return undefined;
    const verb = VERBS[method] ?? (name !== undefined ? 'get' : query.get('watch') === 'true' ? 'watch' : 'list');
    const resource = subresource === undefined ? plural : `${plural}/${subresource}`;
    this.asked.add(`${verb} ${group === '' ? 'core' : group} ${resource}`);
    if (this.allows({ verb, group, resource, name })) return undefined;
    return failure(
      403,
      'Forbidden',
      `${plural} is forbidden: User "operator" cannot ${verb} resource "${resource}" in API group "${group}"`,
    );
  }

  private allows(wanted: Wanted): boolean {
    return this.rules === undefined || isAllowed(this.rules, wanted);
  }

  private review(review: Manifest): Answer {
    const { verb, group, resource, subresource } = review.spec.resourceAttributes;
    const allowed = this.allows({ verb, group, resource: subresource ? `${resource}/${subresource}` : resource });
    return [201, { ...review, status: { allowed } }];
  }

  /** A variable that the CronJob does not have: `kubectl set env` adds whatever it is given. */
  private foreignVariable(job: Manifest): string | undefined {
    const template = this.object(
      'CronJob',
      (job.metadata as unknown as { ownerReferences: { name: string }[] }).ownerReferences[0]!.name,
    );
    const known = variables(template.spec.jobTemplate.spec.template.spec);
    return variables(job.spec.template.spec).find((name) => !known.includes(name));
  }

  /** The status of the answer. With `follow` the answer goes on until the container has ended. */
  private log(response: ServerResponse, pod: string, query: URLSearchParams): number {
    const refuse = (answer: Answer): number => {
      send(response, answer);
      return answer[0];
    };
    const running = this.running.get(pod);
    const there = this.objects.some((object) => object.kind === 'Pod' && object.metadata.name === pod);
    if (running === undefined || !there) return refuse(failure(404, 'NotFound', `pods "${pod}" not found`));
    const container = query.get('container') ?? this.defaultContainer(pod);
    const text = (): string => running.log(container) ?? '';
    if (this.notBegun || running.log(container) === undefined) {
      this.notBegun = false;
      return refuse(
        failure(400, 'BadRequest', `container "${container}" in pod "${pod}" is waiting to start: PodInitializing`),
      );
    }
    const tail = query.get('tailLines');
    if (query.get('follow') !== 'true') return refuse([200, tail === null ? text() : lastLines(text(), Number(tail))]);
    response.writeHead(200, { 'Content-Type': 'text/plain' }).flushHeaders();
    const cut = this.cuts.shift();
    this.followers++;
    response.on('close', () => this.followers--);
    let sent = 0;
    const more = (): void => {
      const next = text().slice(sent, cut?.after);
      sent += next.length;
      if (next !== '') response.write(next);
      if (cut !== undefined && sent >= cut.after && !cut.cleanly) response.socket!.destroySoon();
      else if (cut !== undefined && sent >= cut.after) response.end();
      else if (running.ending(container) !== undefined) response.end();
      else return;
      stop();
    };
    const stop = running.onChange(more);
    response.on('close', stop);
    more();
    return 200;
  }

  private defaultContainer(pod: string): string {
    return (this.object('Pod', pod).spec as { containers: Container[] }).containers[0]!.name;
  }

  private watch(response: ServerResponse, query: URLSearchParams): void {
    response.writeHead(200, { 'Content-Type': 'application/json' }).flushHeaders();
    const tell = (object: Manifest): void => {
      if (selected(object, query)) response.write(`${JSON.stringify({ type: 'MODIFIED', object })}\n`);
    };
    for (const object of this.objects) tell(object);
    this.watchers.add(tell);
    response.on('close', () => this.watchers.delete(tell));
  }

  /** With its pods. */
  private delete(job: Manifest): Answer {
    const { name } = job.metadata;
    for (const [pod, running] of this.running) {
      if (!pod.startsWith(`${name}-pod`)) continue;
      if (this.object('Job', name).status.conditions === undefined) running.kill('SIGTERM');
      this.remove('Pod', pod);
    }
    this.remove('Job', name);
    return [200, { kind: 'Status', apiVersion: 'v1', status: 'Success', details: { name, kind: 'jobs' } }];
  }

  private scale(object: Manifest, patch?: { spec: { replicas: number } }): Answer {
    if (patch !== undefined) {
      object.spec.replicas = patch.spec.replicas;
      object.status = { ...object.status, ...available(patch.spec.replicas) };
      this.onScale(patch.spec.replicas);
    }
    const { name, namespace } = object.metadata;
    return [
      200,
      {
        kind: 'Scale',
        apiVersion: 'autoscaling/v1',
        metadata: { name, namespace },
        spec: { replicas: object.spec.replicas },
      },
    ];
  }

  /** Where the Service has such a port and such a path, its Deployment of the same name has to run. */
  private proxied(service: Manifest, name: string, path: string): Answer {
    const { port, path: ready } = service.spec as { port: number; path: string };
    if (name !== `${service.metadata.name}:${port}` || path !== ready)
      return failure(404, 'NotFound', `no ${path} at ${name}`);
    return this.object('Deployment', service.metadata.name).spec.replicas > 0
      ? [200, 'ok']
      : failure(503, 'ServiceUnavailable', 'no endpoints available');
  }
}

function variables({ containers, initContainers }: { containers: Container[]; initContainers: Container[] }): string[] {
  return [...containers, ...initContainers].flatMap(({ env = [] }) => env.map(({ name }) => name));
}

/** What a Deployment or StatefulSet says when all is there. */
export function available(replicas: number): object {
  return {
    observedGeneration: 1,
    replicas,
    updatedReplicas: replicas,
    readyReplicas: replicas,
    availableReplicas: replicas,
  };
}

function selected(object: Manifest, query: URLSearchParams): boolean {
  const at = (path: string): unknown =>
    // Of a Job, what is stored as succeeded is selected as successful.
    path === 'status.successful'
      ? String(object.status?.succeeded ?? 0)
      : path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);
  const fields = (query.get('fieldSelector') ?? '').split(',').filter(Boolean);
  if (!fields.every((term) => at(term.split('=')[0]!) === term.split('=')[1])) return false;
  return (query.get('labelSelector') ?? '')
    .split(/,(?![^(]*\))/)
    .filter(Boolean)
    .every((term) => {
      const [, key, value, list] = /^([^ =]+)(?:=(.*)| in \((.*)\))$/.exec(term)!;
      return (list?.split(/, */) ?? [value]).includes(object.metadata.labels?.[key!] ?? '');
    });
}

function stateOf(pod: ClusterPod, container: string): object {
  const ending = pod.ending(container);
  if (ending !== undefined)
    return { terminated: { exitCode: ending.status, reason: ending.status === 0 ? 'Completed' : 'Error' } };
  return pod.log(container) === undefined
    ? { waiting: { reason: 'PodInitializing' } }
    : { running: { startedAt: moment(pod.made) } };
}

function lastLines(text: string, count: number): string {
  return `${text.replace(/\n$/, '').split('\n').slice(-count).join('\n')}\n`;
}

/** As Kubernetes writes it. */
function moment(at = Date.now()): string {
  return new Date(at).toISOString().replace(/\.\d+/, '');
}

/** What everybody may see of an API server, in the form that all versions of kubectl read. */
function discovery(path: string): object | undefined {
  const versions = new Map(KINDS.filter(({ group }) => group !== '').map(({ group, version }) => [group, version]));
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  if (path === '/apis') {
    const groups = [...versions].map(([name, version]) => ({
      name,
      versions: [{ groupVersion: `${name}/${version}`, version }],
    }));
    return {
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: groups.map((group) => ({ ...group, preferredVersion: group.versions[0] })),
    };
  }
  if (path === '/openapi/v3') return { paths: { 'apis/batch/v1': { serverRelativeURL: '/openapi/v3/apis/batch/v1' } } };
  if (path === '/openapi/v3/apis/batch/v1') return OPENAPI;
  const [, group, version] = /^\/(?:api|apis\/([^/]+))\/(v\d)$/.exec(path) ?? [];
  if (version === undefined) return undefined;
  const resources = KINDS.filter((one) => one.group === (group ?? '')).flatMap((one) => [
    {
      name: one.plural,
      singularName: one.kind.toLowerCase(),
      namespaced: one.namespaced,
      kind: one.kind,
      verbs: ['get', 'list', 'watch', 'create', 'patch'],
      shortNames: [SHORT[one.plural]].filter(Boolean),
    },
    ...(one.group === 'apps'
      ? [
          {
            name: `${one.plural}/scale`,
            singularName: '',
            namespaced: true,
            group: 'autoscaling',
            version: 'v1',
            kind: 'Scale',
            verbs: ['get', 'patch'],
          },
        ]
      : []),
  ]);
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: [group, version].filter(Boolean).join('/'),
    resources,
  };
}

/** That the server validates the fields of a Job, or kubectl would do it, and ask for schemas. */
const OPENAPI = {
  openapi: '3.0.0',
  info: { title: 'Kubernetes', version: 'v1.28.0' },
  paths: {
    '/apis/batch/v1/namespaces/{namespace}/jobs/{name}': {
      patch: {
        responses: {},
        parameters: [{ name: 'fieldValidation', in: 'query' }],
        'x-kubernetes-group-version-kind': { group: 'batch', version: 'v1', kind: 'Job' },
      },
    },
  },
};

function send(response: ServerResponse, [status, body]: Answer): void {
  const plain = typeof body === 'string';
  response
    .writeHead(status, { 'Content-Type': plain ? 'text/plain' : 'application/json' })
    .end(plain ? body : JSON.stringify(body));
}

function failure(code: number, reason: string, message: string): Answer {
  return [code, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code }];
}
