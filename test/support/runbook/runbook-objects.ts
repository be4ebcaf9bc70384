import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Testing } from 'cdk8s';
import { parse } from 'yaml';
import { Runbook } from '../../../src';
import { IdentityInternal } from '../../../src/identity-internal/chart';
import type { ExternalObject } from '../../../src/kubernetes/external-object';
import { available } from './runbook-cluster';
import type { Manifest } from '../manifests/synth';

const DIST = join(__dirname, '../../../dist/identity-internal');
const REPLICAS = 2;

/** What the app declares of the cluster beside its own manifests. */
export function declaredNames(): ExternalObject[] {
  const chart = new IdentityInternal(Testing.app(), 'identity-internal');
  return (chart.node.findAll().find((construct) => construct instanceof Runbook) as Runbook)._externalObjects;
}

/** The manifests of the app. */
function ofApp(): Manifest[] {
  return readdirSync(DIST)
    .filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml')
    .map((file) => parse(readFileSync(join(DIST, file), 'utf8')));
}

/** What a cluster has: the manifests, by default those of dist/, what else is declared, and the secrets they expect. */
export function clusterObjects(external: readonly ExternalObject[], shipped = ofApp()): Manifest[] {
  const claim = shipped.find(({ kind }) => kind === 'PersistentVolumeClaim')!;
  claim.spec.volumeName = 'volume';
  claim.status = { phase: 'Bound' };
  const volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'volume' },
    spec: {
      nfs: { server: 'nas.example', path: `/volume/${claim.metadata.name}` },
      persistentVolumeReclaimPolicy: 'Retain',
    },
  };
  const namespaces = [...new Set(external.map(({ namespace }) => namespace))].map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  }));
  return [
    ...namespaces,
    ...shipped,
    volume,
    ...external.flatMap(declared),
    ...expectedSecrets(shipped, claim.metadata.namespace!),
  ];
}

function declared({ kind, name, namespace }: ExternalObject): Manifest[] {
  const labels = { 'app.kubernetes.io/name': name };
  const object = (apiVersion: string, fields: object = {}): Manifest => ({
    apiVersion,
    kind,
    metadata: { name, namespace, generation: 1 } as Manifest['metadata'],
    ...fields,
  });
  const pods = {
    replicas: REPLICAS,
    selector: { matchLabels: labels },
    template: { metadata: { labels } },
    updateStrategy: { type: 'RollingUpdate' },
  };
  switch (kind) {
    case 'Deployment':
      return [object('apps/v1', { spec: pods, status: available(REPLICAS) })];
    case 'StatefulSet':
      return [
        object('apps/v1', {
          spec: pods,
          status: { ...available(REPLICAS), currentRevision: '1', updateRevision: '1' },
        }),
        {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: `${name}-0`, namespace, labels },
          spec: { containers: [{ name: 'server' }] },
          status: { phase: 'Running' },
        },
      ];
    case 'Service':
      return [object('v1', { spec: { port: 8080, path: '/debug/ready' } })];
    case 'Job':
      return [object('batch/v1', { status: { conditions: [{ type: 'Complete', status: 'True' }] } })];
    case 'Kustomization':
      return [object('kustomize.toolkit.fluxcd.io/v1', { spec: {} })];
    case 'HelmRelease':
      return [object('helm.toolkit.fluxcd.io/v2', { spec: {} })];
    default:
      throw new Error(`The cluster of the tests has no ${kind}.`);
  }
}

function expectedSecrets(shipped: readonly Manifest[], own: string): Manifest[] {
  const list = shipped.find(({ data }) => data?.['secrets.yaml'] !== undefined)!;
  return (parse(list.data['secrets.yaml']) as { secret: string; namespace?: string }[]).map(
    ({ secret, namespace = own }) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: secret, namespace } }),
  );
}
