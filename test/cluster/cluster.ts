import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The folders that are applied, as they are committed. */
export const DIST = join(__dirname, '../../dist');
export const NAMESPACE = 'identity-internal';
/** Marks what these tests have made: they touch no namespace without it. */
export const OURS = 'cdk8s-postgres-backup/test';

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs kubectl against the cluster that KUBECONFIG names. */
export function kubectl(args: readonly string[], input?: string): Ran {
  const { status, stdout, stderr, error } = spawnSync('kubectl', args, { input, encoding: 'utf8', maxBuffer: 2 ** 27 });
  if (error !== undefined) throw new Error(`kubectl is needed on PATH: ${error.message}`);
  return { status: status ?? 1, stdout, stderr };
}

/** The same, where it must succeed; returns what it prints. */
export function must(args: readonly string[], input?: string): string {
  const { status, stdout, stderr } = kubectl(args, input);
  if (status !== 0) throw new Error(`kubectl ${args.join(' ')} ended with status ${status}:\n${stderr}`);
  return stdout.trim();
}

/** kubectl in the namespace of the tests. */
export const inNamespace = (...args: string[]): string => must(['-n', NAMESPACE, ...args]);

/** The manifests of a folder of dist/. */
export function manifests(folder: string): string[] {
  return readdirSync(join(DIST, folder))
    .filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml')
    .map((file) => join(DIST, folder, file));
}

/** Applies them as Flux does, and strictly: an unknown field is an error. */
export function apply(folder: string): void {
  const files = manifests(folder).flatMap((file) => ['-f', file]);
  must(['apply', '--server-side', '--force-conflicts', '--validate=strict', ...files]);
}

/** What the objects of a folder are, for Kubernetes: any change gives another version. */
export const versions = (folder: string): string =>
  must([
    'get',
    ...manifests(folder).flatMap((file) => ['-f', file]),
    '-o',
    'jsonpath={range .items[*]}{.kind} {.metadata.name} {.metadata.resourceVersion}{"\\n"}{end}',
  ]);

/** Whether there is a namespace of these tests; throws where it is of others. */
export function isThere(namespace: string): boolean {
  const { status, stdout } = kubectl(['get', 'namespace', namespace, '-o', 'json']);
  if (status !== 0) return false;
  if (JSON.parse(stdout).metadata.labels[OURS] === 'yes') return true;
  throw new Error(
    `The cluster has a namespace ${namespace} that is not of these tests. They restore and delete in it: name another ` +
      'cluster with KUBECONFIG.',
  );
}

/** Makes what dist/ takes for granted; refuses a namespace that is not of these tests. */
export function makeWorld(image: string): void {
  const isMade = isThere(NAMESPACE);
  openShare(image); // in a world of an earlier run too: a node that was started anew may have lost the folder
  if (isMade) return;
  must(['apply', '--server-side', '-f', '-'], world(image));
  inNamespace('rollout', 'status', 'statefulset/zitadel-db', '--timeout=120s');
}

/** The folder of the node that stands for the NAS. */
export const SHARE = process.env.CLUSTER_NAS ?? '/tmp/cdk8s-postgres-backup-nas';

/** A folder that the kubelet makes belongs to root; a share of a NAS may be written to. */
const openShare = (image: string): void => onNode(image, SHARE, 'chmod 777 /share');

/** Runs commands as root with a folder of the node at /share, which is made where it is missing. */
export function onNode(image: string, path: string, commands: string): void {
  const container = {
    name: 'share',
    image,
    command: ['bash', '-euc', commands],
    securityContext: { runAsUser: 0 },
    volumeMounts: [{ name: 'share', mountPath: '/share' }],
  };
  const volumes = [{ name: 'share', hostPath: { path, type: 'DirectoryOrCreate' } }];
  const overrides = JSON.stringify({ apiVersion: 'v1', spec: { containers: [container], volumes } });
  const attached = ['--attach', '--rm', '--restart=Never', '--pod-running-timeout=300s'];
  must([
    '-n',
    'default',
    'run',
    'cdk8s-postgres-backup-share',
    `--image=${image}`,
    ...attached,
    `--overrides=${overrides}`,
  ]);
}

function world(image: string): string {
  const metadata = (name: string): object => ({ name, namespace: NAMESPACE });
  const restricted = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
  };
  const items = [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: NAMESPACE, labels: { [OURS]: 'yes', 'pod-security.kubernetes.io/enforce': 'restricted' } },
    },
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'nfs-client' },
      provisioner: 'kubernetes.io/no-provisioner',
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: `${NAMESPACE}-nas` },
      spec: {
        accessModes: ['ReadWriteMany'],
        capacity: { storage: '50Gi' },
        storageClassName: 'nfs-client',
        persistentVolumeReclaimPolicy: 'Retain',
        hostPath: { path: SHARE, type: 'Directory' },
      },
    },
    secret('zitadel-db-secret', { POSTGRES_PASSWORD: 'it\'s a "password"' }),
    secret('zitadel-secret', { masterkey: 'MasterkeyNeedsToHave32Characters' }),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: metadata('zitadel-db'),
      spec: { clusterIP: 'None', selector: { app: 'zitadel-db' }, ports: [{ port: 5432 }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: metadata('zitadel-db'),
      spec: {
        serviceName: 'zitadel-db',
        selector: { matchLabels: { app: 'zitadel-db' } },
        template: {
          metadata: { labels: { app: 'zitadel-db' } },
          spec: {
            securityContext: {
              runAsUser: 70,
              runAsGroup: 70,
              fsGroup: 70,
              runAsNonRoot: true,
              seccompProfile: { type: 'RuntimeDefault' },
            },
            containers: [
              {
                name: 'postgres',
                image,
                command: ['bash', '-c', SERVER],
                env: [
                  {
                    name: 'POSTGRES_PASSWORD',
                    valueFrom: { secretKeyRef: { name: 'zitadel-db-secret', key: 'POSTGRES_PASSWORD' } },
                  },
                ],
                ports: [{ containerPort: 5432 }],
                readinessProbe: { exec: { command: ['pg_isready', '-h', '127.0.0.1'] }, periodSeconds: 1 },
                resources: { limits: { memory: '256Mi' } },
                securityContext: restricted,
                volumeMounts: [{ name: 'data', mountPath: '/data' }],
              },
            ],
            volumes: [{ name: 'data', emptyDir: {} }],
          },
        },
      },
    },
  ];
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

const SERVER = `set -e
[ -s /data/pg/PG_VERSION ] || {
  initdb -D /data/pg -U postgres --auth=scram-sha-256 --auth-local=trust --pwfile=<(printf %s "$POSTGRES_PASSWORD")
  echo 'host all all all scram-sha-256' >>/data/pg/pg_hba.conf
}
exec postgres -D /data/pg -c listen_addresses='*' -c unix_socket_directories=/tmp`;

function secret(name: string, stringData: object): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: NAMESPACE }, stringData };
}

/** Runs SQL on the server of the tests, and returns bare values. */
export function sql(database: string, text: string): string {
  const psql = ['psql', '-h', '/tmp', '-U', 'postgres', '-d', database, '-XAtq', '-v', 'ON_ERROR_STOP=1', '-f', '-'];
  return must(['-n', NAMESPACE, 'exec', '-i', 'zitadel-db-0', '--', ...psql], text);
}

/** Makes a Job of a CronJob, with variables of its own, or with another image. */
export function createJob(
  name: string,
  cronJob: string,
  env: Readonly<Record<string, string>> = {},
  image?: string,
): void {
  const job = must([
    '-n',
    NAMESPACE,
    'create',
    'job',
    name,
    `--from=cronjob/${cronJob}`,
    '--dry-run=client',
    '-o',
    'yaml',
  ]);
  const variables = Object.entries(env).map(([variable, value]) => `${variable}=${value}`);
  const changed =
    variables.length === 0 ? job : must(['set', 'env', '--local', '-f', '-', ...variables, '-o', 'yaml'], job);
  must(
    ['create', '-f', '-'],
    image === undefined ? changed : must(['set', 'image', '--local', '-f', '-', `*=${image}`, '-o', 'yaml'], changed),
  );
}

/** Waits until a Job has ended; returns how. */
export async function endOf(job: string): Promise<'Complete' | 'Failed'> {
  return (await eventually(`the Job ${job} ends`, () => {
    const ended = inNamespace('get', 'job', job, '-o', 'jsonpath={.status.conditions[?(@.status=="True")].type}').split(
      ' ',
    );
    return ended.find((type) => type === 'Complete' || type === 'Failed');
  })) as 'Complete' | 'Failed';
}

/** The plugin as it ships. */
export function pgbackup(...args: string[]): Ran {
  const plugin = join(DIST, NAMESPACE, 'kubectl-pgbackup');
  const { status, stdout, stderr } = spawnSync('bash', [plugin, '-n', NAMESPACE, ...args], { encoding: 'utf8' });
  return { status: status ?? 1, stdout, stderr };
}

/** Makes a CronJob like another one, with a name of its own, on itself and on its Jobs, and some other fields. */
export function copyCronJob(of: string, name: string, spec: object): void {
  const cronJob = JSON.parse(inNamespace('get', 'cronjob', of, '-o', 'json'));
  const { labels, annotations } = cronJob.metadata;
  const metadata = { name, namespace: NAMESPACE, labels, annotations };
  const copy = JSON.stringify({ ...cronJob, metadata, spec: { ...cronJob.spec, ...spec } });
  const instance = (value: string): string => `"app.kubernetes.io/instance":"${value}"`;
  must(['create', '-f', '-'], copy.replaceAll(instance(of), instance(name)));
}

/** The log of the main container of a Job. */
export const logOf = (job: string): string => inNamespace('logs', `job/${job}`);

export const GUARD = 'identity-internal-guard';

/** Puts the guard into force. */
export async function guard(): Promise<void> {
  apply(GUARD);
  await eventually('the guard is in force', () =>
    kubectl(['delete', 'namespace', NAMESPACE, '--dry-run=server']).stderr.includes(GUARD),
  );
}

/** Takes a guard away, with the finalizers that keep it in force. */
export function unguard(name = GUARD): void {
  for (const kind of ['validatingadmissionpolicybinding', 'validatingadmissionpolicy']) {
    must(['patch', kind, name, '--type=json', '-p', '[{"op":"remove","path":"/metadata/finalizers"}]']);
    must(['delete', kind, name, '--ignore-not-found']);
  }
}

/** Waits until something is there, and returns it. */
export async function eventually<T>(what: string, look: () => T | undefined | false, seconds = 240): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`This never came about within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
