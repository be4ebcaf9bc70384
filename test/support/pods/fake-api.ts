import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { need, run } from '../machine/machine';
import { freshFolder } from '../machine/run-folder';

/** A rule of a Role. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** What a request wants to do. */
export interface Wanted {
  readonly verb: string;
  readonly group: string;
  /** With a slash and the subresource, where there is one. */
  readonly resource: string;
  readonly name?: string;
}

/** Whether rules allow it. */
export function isAllowed(rules: readonly Rule[], { verb, group, resource, name }: Wanted): boolean {
  return rules.some(
    (rule) =>
      rule.apiGroups.includes(group) &&
      rule.resources.includes(resource) &&
      rule.verbs.includes(verb) &&
      (rule.resourceNames?.includes(`${name}`) ?? true),
  );
}

export interface FakeApiOptions {
  readonly namespace: string;
  readonly deployment: string;
  /** What the token's account may do. */
  readonly rules: readonly Rule[];
}

type Body = Record<string, unknown>;

const VERBS: Record<string, string> = { GET: 'get', PATCH: 'patch', PUT: 'update', POST: 'create', DELETE: 'delete' };
const SCALE = { group: 'autoscaling', version: 'v1', kind: 'Scale' };

/** What everybody may see of an API server, in the form that all versions of kubectl read. */
const DISCOVERY: Record<string, Body> = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: [
      {
        name: 'apps',
        versions: [{ groupVersion: 'apps/v1', version: 'v1' }],
        preferredVersion: { groupVersion: 'apps/v1', version: 'v1' },
      },
    ],
  },
  '/api/v1': { kind: 'APIResourceList', groupVersion: 'v1', resources: [] },
  '/apis/apps/v1': {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: 'apps/v1',
    resources: [
      {
        name: 'deployments',
        singularName: 'deployment',
        namespaced: true,
        kind: 'Deployment',
        verbs: ['get', 'patch'],
        shortNames: ['deploy'],
      },
      { name: 'deployments/scale', singularName: '', namespaced: true, ...SCALE, verbs: ['get', 'patch'] },
    ],
  },
};

/** An API server with one Deployment, of which it knows the scale, and one account with the rules of a Role. */
export class FakeApi {
  static async start(options: FakeApiOptions): Promise<FakeApi> {
    const folder = freshFolder('api');
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    run([
      need('openssl'),
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      key,
      '-out',
      cert,
      '-subj',
      '/CN=kubernetes',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
    ]);
    const api = new FakeApi(options, readFileSync(key, 'utf8'), readFileSync(cert, 'utf8'));
    await api.open();
    return api;
  }

  readonly token = `a.token.${'x'.repeat(40)}`;
  /** What the account may do; a test may change it. */
  rules: readonly Rule[];
  /** Called after each change of the scale. */
  onScale: (replicas: number) => void = () => {};
  /** Method and path of each request that is not discovery, with the status of the answer. */
  requests: string[] = [];
  /** Whether it leaves all requests without an answer. */
  silent = false;
  /** All requests, discovery too. */
  total = 0;
  private count = 0;
  private port = 0;
  private server?: Server;

  private constructor(
    private readonly options: FakeApiOptions,
    private readonly key: string,
    readonly certificate: string,
  ) {
    this.rules = options.rules;
  }

  /** What every container of a cluster finds in its environment. */
  get env(): Record<string, string> {
    return { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(this.port) };
  }

  get replicas(): number {
    return this.count;
  }

  set replicas(count: number) {
    this.count = count;
    this.onScale(count);
  }

  /** At its address of before, where it had one. */
  async open(): Promise<void> {
    if (this.server !== undefined) return;
    const server = createServer({ key: this.key, cert: this.certificate }, (request, response) => {
      let body = '';
      request
        .setEncoding('utf8')
        .on('data', (text: string) => (body += text))
        .on('end', () => {
          this.total++;
          if (this.silent) return;
          const path = request.url!.replace(/\?.*/, '');
          const [status, answer] = this.answer(request.method!, path, request.headers, body);
          if (!(path in DISCOVERY)) this.requests.push(`${request.method} ${path} ${status}`);
          response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
        });
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  close(): void {
    this.server?.closeAllConnections();
    this.server?.close();
    this.server = undefined;
  }

  private answer(method: string, path: string, headers: NodeJS.Dict<string | string[]>, body: string): [number, Body] {
    if (headers.authorization !== `Bearer ${this.token}`) return failure(401, 'Unauthorized', 'Unauthorized');
    if (method === 'GET' && DISCOVERY[path] !== undefined) return [200, DISCOVERY[path]];
    const [, group, namespace, plural, name, subresource] =
      /^\/apis\/(\w+)\/v1\/namespaces\/([\w-]+)\/(\w+)\/([\w.-]+)(?:\/(\w+))?$/.exec(path) ?? [];
    const resource = subresource === undefined ? `${plural}` : `${plural}/${subresource}`;
    const verb = VERBS[method] ?? method;
    const allowed =
      namespace === this.options.namespace && isAllowed(this.rules, { verb, group: `${group}`, resource, name });
    if (!allowed) {
      return failure(
        403,
        'Forbidden',
        `${plural}.${group} "${name}" is forbidden: User "system:serviceaccount:${this.options.namespace}:account" ` +
          `cannot ${verb} resource "${resource}" in API group "${group}" in the namespace "${namespace}"`,
      );
    }
    if (resource !== 'deployments/scale' || name !== this.options.deployment)
      return failure(404, 'NotFound', `${plural}.${group} "${name}" not found`);
    if (method === 'PATCH') {
      if (headers['content-type'] !== 'application/merge-patch+json')
        return failure(415, 'UnsupportedMediaType', 'not a merge patch');
      this.replicas = (JSON.parse(body) as { spec: { replicas: number } }).spec.replicas;
    }
    return [200, this.scale()];
  }

  /** The real one leaves out what is 0, too. */
  private scale(): Body {
    const { namespace, deployment } = this.options;
    const spec = this.count === 0 ? {} : { replicas: this.count };
    return {
      kind: SCALE.kind,
      apiVersion: `${SCALE.group}/${SCALE.version}`,
      metadata: { name: deployment, namespace },
      spec,
      status: { replicas: this.count },
    };
  }
}

function failure(code: number, reason: string, message: string): [number, Body] {
  return [code, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code }];
}
