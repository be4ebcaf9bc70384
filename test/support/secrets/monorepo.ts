import { stringify } from 'yaml';
import { type Files, NAMESPACE } from './flux-repo';
import type { Tree } from './sops';

/** Fields of a Kustomization of Flux; `null` removes one of those that it has otherwise. */
export type Spec = { readonly [field: string]: unknown };

/** A Kustomization of Flux as `flux create kustomization` writes it, which decrypts unless it is told otherwise. */
export function flux(name: string, path: string, spec: Spec = {}): string {
  const all = {
    interval: '10m',
    path,
    prune: true,
    sourceRef: { kind: 'GitRepository', name: 'flux-system' },
    decryption: { provider: 'sops', secretRef: { name: 'sops-age' } },
    ...spec,
  };
  return stringify({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace: 'flux-system' },
    spec: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null)),
  });
}

export function kustomization(fields: object): string {
  return stringify({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', ...fields });
}

/** A cluster's folder, after `flux bootstrap` and with a Kustomization for the app. */
export function cluster(name: string, app: string): Files {
  return {
    [`clusters/${name}/flux-system/kustomization.yaml`]: kustomization({
      resources: ['gotk-components.yaml', 'gotk-sync.yaml'],
    }),
    [`clusters/${name}/flux-system/gotk-components.yaml`]:
      'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: flux-system\n',
    [`clusters/${name}/flux-system/gotk-sync.yaml`]: flux('flux-system', `./clusters/${name}`, { decryption: null }),
    [`clusters/${name}/identity.yaml`]: app,
  };
}

const DEPLOYMENT = stringify({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'zitadel' },
  spec: {
    selector: { matchLabels: { app: 'zitadel' } },
    template: {
      metadata: { labels: { app: 'zitadel' } },
      spec: { containers: [{ name: 'zitadel', image: 'zitadel/zitadel:v4.0.0' }] },
    },
  },
});

/** Fields of a kustomization.yaml. */
export interface Overlay {
  readonly resources?: readonly string[];
  readonly [field: string]: unknown;
}

/** Flux's layout of a repo with one cluster: a base, an overlay, and what the overlay lists beside the base. */
export function monorepo(overlay: Overlay, files: Files, spec: Spec = {}): Files {
  const { resources = [], ...fields } = overlay;
  return {
    'README.md': '# The cluster\n',
    ...cluster('prod', flux('identity', './apps/prod/identity', spec)),
    'apps/base/identity/kustomization.yaml': kustomization({ resources: ['deployment.yaml'] }),
    'apps/base/identity/deployment.yaml': DEPLOYMENT,
    'apps/prod/identity/kustomization.yaml': kustomization({
      namespace: NAMESPACE,
      resources: ['../../base/identity', ...resources],
      ...fields,
    }),
    ...Object.fromEntries(Object.entries(files).map(([path, text]) => [`apps/prod/identity/${path}`, text])),
  };
}

/** The Secret without a namespace, which the overlay sets. */
export function bare(name: string, stringData: Tree): Tree {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData };
}
