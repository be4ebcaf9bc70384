import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import {
  apply,
  guard,
  unguard,
  DIST,
  eventually,
  inNamespace,
  kubectl,
  makeWorld,
  manifests,
  must,
  NAMESPACE,
  versions,
} from './cluster';

/** Path of Flux's kustomize-controller. It runs on this machine, and needs nothing else of Flux. */
const CONTROLLER = process.env.CLUSTER_KUSTOMIZE_CONTROLLER;
const FLUX = 'cdk8s-postgres-backup-flux';
const PRUNE = 'kustomize.toolkit.fluxcd.io/prune';
const SSA = 'kustomize.toolkit.fluxcd.io/ssa';
const KUSTOMIZATION = 'kustomization.kustomize.toolkit.fluxcd.io';
const inFlux = (...args: string[]): string => must(['-n', FLUX, ...args]);

/** What the controller watches; it checks the fields itself. */
const KINDS = [
  ['kustomize.toolkit.fluxcd.io', 'Kustomization'],
  ['source.toolkit.fluxcd.io', 'GitRepository'],
  ['source.toolkit.fluxcd.io', 'OCIRepository'],
  ['source.toolkit.fluxcd.io', 'Bucket'],
] as const;
const definitions = KINDS.map(([group, kind]) => {
  const singular = kind.toLowerCase();
  const plural = singular.replace(/y$/, 'ie') + 's';
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { kind, plural, singular, listKind: `${kind}List` },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  };
});

(CONTROLLER === undefined ? describe.skip : describe)('reconciled by Flux', () => {
  let folder: string;
  let server: Server;
  let controller: ChildProcess;
  let log = '';
  let revisions = 0;

  /** Makes what is in the folder the newest revision, and waits until Flux has tried it; returns what Flux says. */
  async function reconcile(): Promise<string> {
    const archive = spawnSync('tar', ['-czf', '-', '-C', folder, '.'], { maxBuffer: 2 ** 27 }).stdout;
    const digest = createHash('sha256').update(archive).digest('hex');
    const revision = `main@sha1:${createHash('sha1').update(`${++revisions}${digest}`).digest('hex')}`;
    server.removeAllListeners('request').on('request', (_, response) => response.end(archive));
    const artifact = {
      path: 'artifact.tar.gz',
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/artifact.tar.gz`,
      revision,
      digest: `sha256:${digest}`,
      size: archive.length,
      lastUpdateTime: new Date().toISOString(),
    };
    const patch = JSON.stringify({ status: { artifact, observedGeneration: 1 } });
    inFlux('patch', 'gitrepository', 'backup', '--subresource=status', '--type=merge', '-p', patch);
    return eventually(`Flux has tried ${revision}\n${log.slice(-2000)}`, () => {
      const { status = {} } = JSON.parse(inFlux('get', KUSTOMIZATION, 'backup', '-o', 'json'));
      const ready = status.conditions?.find(({ type }: { type: string }) => type === 'Ready');
      if (status.lastAttemptedRevision !== revision || ready === undefined || ready.status === 'Unknown') return false;
      return `${ready.status}: ${ready.message}`;
    });
  }

  /** Takes a manifest out of the folder, as a commit does. */
  function remove(file: string): void {
    unlinkSync(join(folder, file));
    const list = join(folder, 'kustomization.yaml');
    writeFileSync(list, readFileSync(list, 'utf8').replace(new RegExp(`^ *- ${file}\\n`, 'm'), ''));
  }

  /** Has Flux own the claim, without some annotations. What Flux never changes is not in its inventory, nor pruned. */
  async function ownClaim(...without: string[]): Promise<void> {
    const file = join(folder, 'PersistentVolumeClaim.zitadel-backup.yaml');
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, lines.filter((line) => !without.some((name) => line.includes(name))).join('\n'));
    inNamespace('annotate', 'pvc', 'zitadel-backup', ...without.map((name) => `${name}-`));
    expect(await reconcile()).toMatch(/^True: /);
    expect(inFlux('get', KUSTOMIZATION, 'backup', '-o', 'jsonpath={.status.inventory}')).toContain(
      '_PersistentVolumeClaim',
    );
  }

  const restoreFolder = (): void => cpSync(join(DIST, NAMESPACE), folder, { recursive: true });
  const exists = (...what: string[]): boolean => kubectl(['-n', NAMESPACE, 'get', ...what]).status === 0;
  const claim = (): { metadata: { uid: string; deletionTimestamp?: string } } =>
    JSON.parse(inNamespace('get', 'pvc', 'zitadel-backup', '-o', 'json'));

  beforeAll(async () => {
    makeWorld(process.env.CLUSTER_IMAGE ?? 'postgres:16.4-alpine');
    apply(NAMESPACE);
    must(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: definitions }));
    must(['wait', '--for=condition=Established', ...definitions.map(({ metadata }) => `crd/${metadata.name}`)]);
    folder = mkdtempSync(join(tmpdir(), 'flux-'));
    restoreFolder();
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    controller = spawn(CONTROLLER!, ['--metrics-addr=127.0.0.1:0', '--health-addr=127.0.0.1:0', '--events-addr='], {
      env: { ...process.env, RUNTIME_NAMESPACE: FLUX },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [controller.stdout!, controller.stderr!]) stream.on('data', (text) => (log += text));
    const metadata = { name: 'backup', namespace: FLUX };
    const items = [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: FLUX } },
      { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', metadata, spec: { interval: '10m' } },
      {
        apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
        kind: 'Kustomization',
        metadata,
        spec: {
          interval: '10m',
          path: './',
          prune: true,
          force: true,
          sourceRef: { kind: 'GitRepository', name: 'backup' },
          // It would empty every variable of the scripts.
          postBuild: { substitute: { any: 'value' } },
        },
      },
    ];
    must(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  });
  afterAll(async () => {
    controller.kill('SIGKILL');
    // Only the controller would take it off.
    const finalizers = JSON.stringify({ metadata: { finalizers: null } });
    kubectl(['-n', FLUX, 'patch', KUSTOMIZATION, 'backup', '--type=merge', '-p', finalizers]);
    server.close();
    must(['delete', 'namespace', FLUX, '--ignore-not-found']);
    must(['delete', ...definitions.map(({ metadata }) => `crd/${metadata.name}`)]);
    rmSync(folder, { recursive: true });
    apply(NAMESPACE);
  });

  test('dist/ is applied as it is committed: every byte of the scripts, although there is a substitution', async () => {
    expect(await reconcile()).toMatch(/^True: /);
    for (const file of manifests(NAMESPACE).filter((path) => path.includes('ConfigMap.'))) {
      const { metadata, data } = parse(readFileSync(file, 'utf8'));
      expect(JSON.parse(inNamespace('get', 'configmap', metadata.name, '-o', 'json')).data).toEqual(data);
    }
  });

  test('a revision that changes nothing changes no object, and starts no Job', async () => {
    const before = [versions(NAMESPACE), inNamespace('get', 'jobs', '-o', 'name')];
    expect(await reconcile()).toMatch(/^True: /);
    expect([versions(NAMESPACE), inNamespace('get', 'jobs', '-o', 'name')]).toEqual(before);
  });

  test('what leaves Git is pruned, and the claim of the dumps is not, even where Flux may change it', async () => {
    const { uid } = claim().metadata;
    await ownClaim(SSA);
    remove('PersistentVolumeClaim.zitadel-backup.yaml');
    remove('CronJob.zitadel-db-drill.yaml');
    expect(await reconcile()).toMatch(/^True: /);
    expect(exists('cronjob', 'zitadel-db-drill')).toBe(false);
    expect(claim().metadata).toMatchObject({ uid });
    expect(claim().metadata.deletionTimestamp).toBeUndefined();
    restoreFolder();
    expect(await reconcile()).toMatch(/^True: /);
    expect(exists('cronjob', 'zitadel-db-drill')).toBe(true);
  });

  test('with force, a claim whose size is changed in Git is not made anew', async () => {
    const { uid } = claim().metadata;
    const file = join(folder, 'PersistentVolumeClaim.zitadel-backup.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/storage: \d+Gi/, 'storage: 1Gi'));
    expect(await reconcile()).toMatch(/^True: /);
    expect(claim().metadata).toMatchObject({ uid });
    restoreFolder();
  });

  test('a claim without the annotation is kept by the guard, and Flux tells its words', async () => {
    await guard();
    try {
      const { uid } = claim().metadata;
      await ownClaim(SSA, PRUNE);
      remove('PersistentVolumeClaim.zitadel-backup.yaml');
      expect(await reconcile()).toContain('is protected by identity-internal-guard');
      expect(claim().metadata.uid).toBe(uid);
      expect(claim().metadata.deletionTimestamp).toBeUndefined();
    } finally {
      unguard();
      apply(NAMESPACE);
      restoreFolder();
    }
  });

  test('a Kustomization that is deleted takes what it has applied with it, and leaves the claim of the dumps', async () => {
    await ownClaim(SSA);
    const { uid } = claim().metadata;
    inFlux('delete', KUSTOMIZATION, 'backup', '--timeout=120s');
    expect(exists('cronjob', 'zitadel-db-backup')).toBe(false);
    expect(claim().metadata).toMatchObject({ uid });
    expect(claim().metadata.deletionTimestamp).toBeUndefined();
  });
});
