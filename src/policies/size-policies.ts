import { at, text, type Manifest } from '../manifests/manifest';
import type { Policy } from './policy';

/** The most bytes that the API server accepts as values of a ConfigMap. */
const CONFIG_MAP_BYTES = 1_048_576;

/** The most bytes that it accepts as annotations of an object. */
const ANNOTATION_BYTES = 262_144;

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Policies on objects that are too large for Kubernetes. */
export const SIZES: readonly Policy[] = [
  {
    id: 'configmap-size',
    level: 'error',
    source: 'https://kubernetes.io/docs/concepts/configuration/configmap/#motivation',
    rule: 'The values of a ConfigMap have 1 MiB at most.',
    because: 'The API server refuses a larger one, and Flux then applies nothing of the folder.',
    remedy: 'Split it into several ConfigMaps.',
    check: (manifest) => {
      if (manifest.kind !== 'ConfigMap') return [];
      const bytes = valueBytes(manifest);
      return bytes <= CONFIG_MAP_BYTES
        ? []
        : [{ path: 'data', message: `has ${grouped(bytes)} bytes, ${grouped(bytes - CONFIG_MAP_BYTES)} too many` }];
    },
  },
  {
    id: 'apply-size',
    level: 'warning',
    source: 'https://kubernetes.io/docs/reference/kubectl/generated/kubectl_apply/',
    rule: 'An object fits into an annotation of 262,144 bytes, where kubectl apply keeps it.',
    because:
      'The API server refuses larger annotations: "metadata.annotations: Too long". Server-side apply, which Flux ' +
      'uses, keeps none.',
    remedy: 'Split it, or apply it with kubectl apply --server-side.',
    check: (manifest) => {
      const bytes = annotationBytes(manifest);
      return bytes <= ANNOTATION_BYTES
        ? []
        : [
            {
              path: 'metadata.annotations',
              message: `would have ${grouped(bytes)} bytes with the object in it, ${grouped(bytes - ANNOTATION_BYTES)} too many`,
            },
          ];
    },
  },
];

function valueBytes({ object }: Manifest): number {
  const strings = (field: string): string[] =>
    Object.values(at(object, field) ?? {}).filter((value): value is string => typeof value === 'string');
  return (
    strings('data').reduce((sum, value) => sum + Buffer.byteLength(value), 0) +
    strings('binaryData').reduce((sum, value) => sum + Buffer.byteLength(value, 'base64'), 0)
  );
}

/** The bytes of an object in kubectl's annotation: `<`, `>` and `&` take six bytes, and a line break is at the end. */
function annotationBytes({ object }: Manifest): number {
  const json = JSON.stringify(object);
  // Most objects are small: only for a large object its contents matter.
  if (json.length * 6 <= ANNOTATION_BYTES / 2) return 0;
  const annotations = Object.keys(at(object, 'metadata', 'annotations') ?? {}).map(
    (name) => Buffer.byteLength(name) + Buffer.byteLength(text(object, 'metadata', 'annotations', name) ?? ''),
  );
  const escaped = json.match(/[<>&]/g)?.length ?? 0;
  return (
    Buffer.byteLength(json) +
    5 * escaped +
    1 +
    LAST_APPLIED.length +
    annotations.reduce((sum, length) => sum + length, 0)
  );
}

/** 1,048,576 */
function grouped(bytes: number): string {
  return bytes.toLocaleString('en-US');
}
