import type { Manifest, Value } from '../manifests/manifest';
import { fieldChanges, type FieldChange } from './fields';
import { moves } from './moves';

/** A resource that differs between the two trees, or that only one of them has. */
export interface ResourceChange {
  readonly before?: Manifest;
  readonly after?: Manifest;
  /** Empty if the resource is new or gone. */
  readonly fields: readonly FieldChange[];
  /** The folder of its cluster, if there are several. */
  readonly cluster: string;
}

/** The name of a resource in reports. */
export function resourceName({ kind, namespace, name, file, apiVersion }: Manifest): string {
  if (name === '') return `${apiVersion === '' ? '' : `${kind} in `}${file}${apiVersion === '' ? `, ${kind}` : ''}`;
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
}

/** The name in reports of a resource that differs: its new name. */
export function changedName({ before, after }: Pick<ResourceChange, 'before' | 'after'>): string {
  return resourceName((after ?? before)!);
}

/**
 * The resources that differ between two trees, by name, in the order of the second tree. A resource with another name
 * or namespace but the same purpose is the same resource. Resources that are gone come last.
 */
export function resourceChanges(
  before: readonly Manifest[],
  after: readonly Manifest[],
  cluster = '',
): ResourceChange[] {
  const [old, current] = [byKey(before), byKey(after)];
  const moved = moves(
    [...old].filter(([key]) => !current.has(key)).map(([, manifest]) => manifest),
    [...current].filter(([key]) => !old.has(key)).map(([, manifest]) => manifest),
  );
  const changed = [...current].flatMap(([key, manifest]): ResourceChange[] => {
    const was = old.get(key) ?? moved.get(manifest);
    if (was === undefined) return [{ after: manifest, fields: [], cluster }];
    const fields =
      was === manifest ? [] : fieldChanges(was.object, manifest.object).map((field) => withoutSecrets(manifest, field));
    return fields.length === 0 ? [] : [{ before: was, after: manifest, fields, cluster }];
  });
  const taken = new Set(moved.values());
  const gone = [...old]
    .filter(([key, manifest]) => !current.has(key) && !taken.has(manifest))
    .map(([, manifest]): ResourceChange => ({ before: manifest, fields: [], cluster }));
  return [...changed, ...gone];
}

/** True if the resource has moved to another name or namespace. */
export function isMoved({ before, after }: Pick<ResourceChange, 'before' | 'after'>): boolean {
  return before !== undefined && after !== undefined && resourceName(before) !== resourceName(after);
}

/** Resources that a tree has twice. */
export function duplicates(manifests: readonly Manifest[]): Manifest[] {
  const seen = new Set<string>();
  return manifests.filter((manifest) => {
    const again = seen.has(keyOf(manifest));
    seen.add(keyOf(manifest));
    return again;
  });
}

/** If a resource exists twice, the second is compared with the second. */
function byKey(manifests: readonly Manifest[]): Map<string, Manifest> {
  const times = new Map<string, number>();
  return new Map(
    manifests.map((manifest) => {
      const key = keyOf(manifest);
      const time = (times.get(key) ?? 0) + 1;
      times.set(key, time);
      return [`${key} ${time}`, manifest];
    }),
  );
}

/** The key of a resource. A resource without a name, such as a kustomization, is identified by its file. */
export function keyOf({ apiVersion, kind, namespace, name, file }: Manifest): string {
  return JSON.stringify([apiVersion, kind, namespace, name === '' ? file : name]);
}

/** The values of a Secret are never shown, encrypted or not. */
function withoutSecrets({ kind }: Manifest, field: FieldChange): FieldChange {
  if (kind !== 'Secret' || !/^(data|stringData)\b/.test(field.path)) return field;
  const hidden = (value: Value): Value => (value === undefined ? undefined : '(a value that is not shown)');
  return { path: field.path, before: hidden(field.before), after: hidden(field.after) };
}
