import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Container } from '../pods/manifest';
import type { PodResult } from '../pods/pod';
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
  kind('apps/v1', 'Deployment', 'deployments'),
  kind('apps/v1', 'StatefulSet', 'statefulsets'),
  kind('batch/v1', 'Job', 'jobs'),
  kind('batch/v1', 'CronJob', 'cronjobs'),
  kind('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', 'kustomizations'),
  kind('helm.toolkit.fluxcd.io/v2', 'HelmRelease', 'helmreleases'),
];
const SHORT: Record<string, string> = { persistentvolumeclaims: 'pvc', persistentvolumes: 'pv' };
const LOG_LINE = /^\/api\/v1\/namespaces\/[^/]+\/pods\/([^/]+)\/log$/;

type Answer = readonly [status: number, body: unknown];

/** An API server over given objects. A Job that is created runs, by what `run` makes of it, and its pod has a log. */
export class RunbookCluster {
  /** Method and URL of each request that is not discovery, with the status of the answer. */
  readonly requests: string[] = [];
  /** The Jobs that were created. */
  readonly jobs: Manifest[] = [];
  /** Called after each change of a scale. */
  onScale: (replicas: number) => void = () => {};
  private readonly objects: Manifest[];
  private readonly running = new Map<string, Promise<PodResult>>();
  private readonly watchers = new Set<(object: Manifest) => void>();
  private readonly server: Server;
  /** Kubernetes refuses the log of a container that has not begun; here for the first request. */
  private notBegun = true;

  constructor(
    objects: readonly Manifest[],
    private readonly run: (job: Manifest) => Promise<PodResult>,
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

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.running.values());
    this.server.closeAllConnections();
    this.server.close();
  }

  object(kindName: string, name: string): Manifest {
    const found = this.objects.find((object) => object.kind === kindName && object.metadata.name === name);
    if (found === undefined) throw new Error(`The cluster has no ${kindName} ${name}.`);
    return found;
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
    if (LOG_LINE.test(path)) {
      const [status, text] = await this.log(LOG_LINE.exec(path)![1]!, url.searchParams);
      note(status);
      send(response, [status, text]);
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
    const there = this.objects.filter(
      (object) =>
        object.kind === known.kind &&
        (!known.namespaced || object.metadata.namespace === namespace) &&
        selected(object, query),
    );
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
    const labels = { ...job.spec.template.metadata.labels, 'batch.kubernetes.io/job-name': name };
    job.spec.selector = { matchLabels: { 'batch.kubernetes.io/job-name': name } };
    job.metadata.namespace = namespace;
    job.status = {};
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `${name}-pod`, namespace, labels },
      spec: job.spec.template.spec,
      status: { phase: 'Running' },
    };
    this.objects.push(job, pod);
    const ended = this.run(structuredClone(job));
    this.running.set(pod.metadata.name, ended);
    void ended.then(({ status }) => {
      job.status = { conditions: [{ type: status === 0 ? 'Complete' : 'Failed', status: 'True' }] };
      for (const tell of this.watchers) tell(job);
    });
    return [201, job];
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

  /** The whole of it, when the pod has ended. */
  private async log(pod: string, query: URLSearchParams): Promise<Answer> {
    const running = this.running.get(pod);
    if (running === undefined) return failure(404, 'NotFound', `pods "${pod}" not found`);
    if (this.notBegun) {
      this.notBegun = false;
      return failure(400, 'BadRequest', `container in pod "${pod}" is waiting to start: PodInitializing`);
    }
    const { initContainers, output } = await running;
    return [200, initContainers[query.get('container') ?? '']?.output ?? output];
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

function selected({ kind: kindName, metadata }: Manifest, query: URLSearchParams): boolean {
  const field = /^metadata\.name=(.+)$/.exec(query.get('fieldSelector') ?? '')?.[1];
  const labels = query.get('labelSelector') ?? '';
  if (labels !== '' && kindName !== 'Job' && kindName !== 'Pod') return false;
  return (
    (field === undefined || field === metadata.name) &&
    labels
      .split(/,(?![^(]*\))/)
      .filter(Boolean)
      .every((term) => {
        const [, key, value, list] = /^([^ =]+)(?:=(.*)| in \((.*)\))$/.exec(term)!;
        return (list?.split(/, */) ?? [value]).includes(metadata.labels?.[key!] ?? '');
      })
  );
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
