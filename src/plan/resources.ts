import type { Manifest, Value } from '../manifests/manifest';
import { fieldChanges, type FieldChange } from './fields';

/** A resource of which the two trees have different versions, or only one of them has it. */
export interface ResourceChange {
  readonly before?: Manifest;
  readonly after?: Manifest;
  /** Empty where the resource is new or gone. */
  readonly fields: readonly FieldChange[];
}

/** How reports call a resource. */
export function resourceName({ kind, namespace, name, file, apiVersion }: Manifest): string {
  if (name === '') return `${apiVersion === '' ? '' : `${kind} in `}${file}${apiVersion === '' ? `, ${kind}` : ''}`;
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
}

/** The resources of two trees that differ, by name, in the order of the second tree. Those that are gone come last. */
export function resourceChanges(before: readonly Manifest[], after: readonly Manifest[]): ResourceChange[] {
  const [old, current] = [byKey(before), byKey(after)];
  const changed = [...current].flatMap(([key, manifest]): ResourceChange[] => {
    const was = old.get(key);
    if (was === undefined) return [{ after: manifest, fields: [] }];
    const fields =
      was === manifest ? [] : fieldChanges(was.object, manifest.object).map((field) => withoutSecrets(manifest, field));
    return fields.length === 0 ? [] : [{ before: was, after: manifest, fields }];
  });
  const gone = [...old]
    .filter(([key]) => !current.has(key))
    .map(([, manifest]): ResourceChange => ({ before: manifest, fields: [] }));
  return [...changed, ...gone];
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

/** Where a resource is there twice, the second is compared with the second. */
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

/** What has no name, such as a kustomization, is known by its file. */
function keyOf({ apiVersion, kind, namespace, name, file }: Manifest): string {
  return JSON.stringify([apiVersion, kind, namespace, name === '' ? file : name]);
}

/** The values of a Secret are told to nobody, encrypted or not. */
function withoutSecrets({ kind }: Manifest, field: FieldChange): FieldChange {
  if (kind !== 'Secret' || !/^(data|stringData)\b/.test(field.path)) return field;
  const hidden = (value: Value): Value => (value === undefined ? undefined : '(a value that is not shown)');
  return { path: field.path, before: hidden(field.before), after: hidden(field.after) };
}
