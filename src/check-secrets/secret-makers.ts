/** The kinds of objects that make a Secret in the cluster, and the keys that they promise. */
import { at, list, text, type Manifest, type Value } from '../manifests/manifest';

/** A Secret that a controller in the cluster makes for an object of the repo. */
export interface PromisedSecret {
  readonly name: string;
  /** The keys that it will have; undefined if the object does not tell. */
  readonly keys: readonly string[] | undefined;
  /** The field of the object that decides on the keys. */
  readonly field: string;
  /** The condition on which it is made, if there is one. */
  readonly condition?: string;
}

type Reader = (spec: Value, name: string, object: Value) => PromisedSecret[];

/** The kinds that make Secrets, by API group. */
const MAKERS: { readonly [kind: string]: { readonly group: string; readonly reads: Reader } } = {
  ExternalSecret: { group: 'external-secrets.io', reads: externalSecret },
  SealedSecret: { group: 'bitnami.com', reads: sealedSecret },
  SecretProviderClass: { group: 'secrets-store.csi.x-k8s.io', reads: secretProviderClass },
  VaultStaticSecret: { group: 'secrets.hashicorp.com', reads: vaultSecret },
  VaultDynamicSecret: { group: 'secrets.hashicorp.com', reads: vaultSecret },
  Certificate: { group: 'cert-manager.io', reads: certificate },
};

/** Text in a file that may have an object of these kinds. */
export const MAKER_KINDS = new RegExp(`\\b(${Object.keys(MAKERS).join('|')})\\b`);

/** The Secrets that an object promises. */
export function promisesOf({ apiVersion, kind, name, object }: Manifest): PromisedSecret[] {
  const maker = Object.hasOwn(MAKERS, kind) ? MAKERS[kind] : undefined;
  if (maker === undefined || !apiVersion.startsWith(`${maker.group}/`)) return [];
  return maker.reads(at(object, 'spec'), name, object);
}

/** https://external-secrets.io/latest/api/externalsecret/ */
function externalSecret(spec: Value, name: string): PromisedSecret[] {
  const fetched = list(spec, 'data').map((one) => text(one, 'secretKey') ?? '');
  const template = at(spec, 'target', 'template');
  const made = keysOf(at(template, 'data'));
  const isMerged = text(template, 'mergePolicy') === 'Merge';
  const isOpen =
    (list(spec, 'dataFrom').length > 0 && (made.length === 0 || isMerged)) || list(template, 'templateFrom').length > 0;
  const keys = made.length === 0 ? fetched : isMerged ? [...fetched, ...made] : made;
  return [
    {
      name: text(spec, 'target', 'name') ?? name,
      keys: isOpen ? undefined : keys,
      field: 'spec.data',
    },
  ];
}

/** https://github.com/bitnami-labs/sealed-secrets */
function sealedSecret(spec: Value, name: string): PromisedSecret[] {
  const keys = [...keysOf(at(spec, 'encryptedData')), ...keysOf(at(spec, 'template', 'data'))];
  return [{ name: text(spec, 'template', 'metadata', 'name') ?? name, keys, field: 'spec.encryptedData' }];
}

/** https://secrets-store-csi-driver.sigs.k8s.io/topics/sync-as-kubernetes-secret */
function secretProviderClass(spec: Value): PromisedSecret[] {
  return list(spec, 'secretObjects').map((one) => ({
    name: text(one, 'secretName') ?? '',
    keys: list(one, 'data').map((entry) => text(entry, 'key') ?? ''),
    field: 'spec.secretObjects',
    condition: 'only while a pod mounts the class',
  }));
}

/** https://developer.hashicorp.com/vault/docs/deploy/kubernetes/vso/api-reference */
function vaultSecret(spec: Value): PromisedSecret[] {
  const destination = at(spec, 'destination');
  const templates = keysOf(at(destination, 'transformation', 'templates'));
  const isClosed = at(destination, 'transformation', 'excludeRaw') === true && templates.length > 0;
  return [
    {
      name: text(destination, 'name') ?? '',
      keys: isClosed && list(destination, 'transformation', 'transformationRefs').length === 0 ? templates : undefined,
      field: 'spec.destination',
      ...(at(destination, 'create') !== true && { condition: 'only if another object creates it' }),
    },
  ];
}

/** https://cert-manager.io/docs/reference/api-docs/ */
function certificate(spec: Value): PromisedSecret[] {
  return [{ name: text(spec, 'secretName') ?? '', keys: ['ca.crt', 'tls.crt', 'tls.key'], field: 'spec' }];
}

function keysOf(value: Value): string[] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}
