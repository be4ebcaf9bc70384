/** Any value of YAML. */
export type Value = string | number | boolean | null | undefined | readonly Value[] | { readonly [key: string]: Value };

/** An object of Kubernetes that synth, or a person by hand, has written: nothing about its shape is certain. */
export interface Manifest {
  /** The file it is in, from the root of the tree, with `/`. */
  readonly file: string;
  readonly apiVersion: string;
  readonly kind: string;
  /** Empty if there is none. */
  readonly namespace: string;
  readonly name: string;
  readonly object: { readonly [key: string]: Value };
}

/** The object as a manifest; undefined if it is not a manifest. */
export function manifestOf(file: string, object: unknown): Manifest | undefined {
  const [apiVersion, kind] = [text(object as Value, 'apiVersion'), text(object as Value, 'kind')];
  if (apiVersion === undefined || kind === undefined) return undefined;
  const metadata = at(object as Value, 'metadata');
  return {
    file,
    apiVersion,
    kind,
    namespace: text(metadata, 'namespace') ?? '',
    name: text(metadata, 'name') ?? '',
    object: object as Manifest['object'],
  };
}

/** The manifests of an object: the items of a list, or the object itself. */
export function manifestsOf(file: string, object: unknown): Manifest[] {
  const manifest = manifestOf(file, object);
  if (manifest === undefined) return [];
  const items = manifest.kind.endsWith('List') ? at(manifest.object, 'items') : undefined;
  if (!Array.isArray(items)) return [manifest];
  // The items of a SecretList may leave out their kind.
  const { apiVersion, kind } = manifest;
  return items.flatMap((item: unknown) =>
    typeof item === 'object' && item !== null
      ? manifestsOf(file, { apiVersion, kind: kind.slice(0, -'List'.length), ...item })
      : [],
  );
}

/** A path as text, e.g. `spec.containers[0].env` or `metadata.annotations["example.org/name"]`. */
export function pathText(path: readonly (string | number)[]): string {
  return path
    .map((key, index) => {
      if (typeof key === 'number') return `[${key}]`;
      if (!/^\w+$/.test(key)) return `[${JSON.stringify(key)}]`;
      return index === 0 ? key : `.${key}`;
    })
    .join('');
}

/** The value at a path; undefined if a part of the path is missing or of another type. */
export function at(value: Value, ...path: readonly (string | number)[]): Value {
  let inner = value;
  for (const key of path) {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) return undefined;
    inner = (inner as { [key: string]: Value })[key];
  }
  return inner;
}

export function text(value: Value, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

export function number(value: Value, ...path: readonly (string | number)[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : undefined;
}

export function list(value: Value, ...path: readonly (string | number)[]): readonly Value[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}
