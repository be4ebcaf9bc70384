import { createTwoFilesPatch, OMIT_HEADERS } from 'diff';
import compare from 'microdiff';
import type { Value } from '../manifests/manifest';

/** One field that differs. A list of named items is compared by name, and its order is a field of its own. */
export interface FieldChange {
  /** E.g. `spec.containers[backup].env[KEEP_DAILY].value`. */
  readonly path: string;
  /** Undefined if the field is new. */
  readonly before?: Value;
  /** Undefined if the field is gone. */
  readonly after?: Value;
  /** The difference of texts of several lines, as a unified diff. */
  readonly diff?: string;
}

/** The field that names the items of a list, by the name of the list. */
const NAMED_BY: { readonly [list: string]: string } = {
  containers: 'name',
  initContainers: 'name',
  ephemeralContainers: 'name',
  env: 'name',
  volumes: 'name',
  imagePullSecrets: 'name',
  volumeMounts: 'mountPath',
  volumeDevices: 'devicePath',
  items: 'key',
};

/** Lists of strings that are sets. */
const SETS = new Set(['resources', 'accessModes', 'finalizers', 'add', 'drop']);

/** Marks an object that was a list of named items. */
const LIST = Symbol('list');
export const ORDER = '(order)';

type Keyed = { [key: string | symbol]: unknown };

/** The fields in which two objects differ, in the order of the first. */
export function fieldChanges(before: Value, after: Value): FieldChange[] {
  const [old, current] = [byName(before), byName(after)];
  const changes = compare({ object: old }, { object: current }, { cyclesFix: false }); // YAML as JSON has no cycles
  return changes
    .filter(({ path }) => path.at(-1) !== ORDER || isSameSet(old, current, path.slice(1, -1)))
    .map((change) => {
      const path = shown(change.path.slice(1), old, current);
      if (change.type === 'CREATE') return { path, after: asWritten(change.value) };
      if (change.type === 'REMOVE') return { path, before: asWritten(change.oldValue) };
      const [was, is] = [asWritten(change.oldValue), asWritten(change.value)];
      return { path, before: was, after: is, ...(isText(was) && isText(is) && { diff: unified(was, is) }) };
    });
}

/** A unified diff without the names of files. */
export function unified(before: string, after: string): string {
  return createTwoFilesPatch('', '', before, after, undefined, undefined, {
    context: 3,
    headerOptions: OMIT_HEADERS,
  }).trimEnd();
}

function isText(value: Value): value is string {
  return typeof value === 'string' && value.trimEnd().includes('\n');
}

/** The order of a list matters by itself only if no item came or went. */
function isSameSet(before: unknown, after: unknown, path: readonly (string | number)[]): boolean {
  const [old, current] = [before, after].map((value) =>
    Object.keys(inner(value, path) as Keyed)
      .sort()
      .join('\n'),
  );
  return old === current;
}

function inner(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Keyed | undefined)?.[key as string], value);
}

function byName(value: unknown, list = ''): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (!Array.isArray(value)) return bare(Object.entries(value).map(([key, item]) => [key, byName(item, key)]));
  const names = SETS.has(list) ? value : value.map((item) => (item as Keyed | null)?.[NAMED_BY[list] ?? '']);
  const isNamed =
    value.length > 0 &&
    names.every((name) => typeof name === 'string' && name !== ORDER) &&
    new Set(names).size === names.length;
  if (!isNamed) return value.map((item) => byName(item));
  const keyed = bare(value.map((item, index): [string, unknown] => [names[index] as string, byName(item)]));
  return Object.assign(keyed, { [ORDER]: names.join(', '), [LIST]: true });
}

/** An object that inherits nothing: a key may be called `constructor`. */
function bare(entries: readonly [string, unknown][]): Keyed {
  const object = Object.create(null) as Keyed;
  for (const [key, value] of entries) object[key] = value;
  return object;
}

function asWritten(value: unknown): Value {
  if (typeof value !== 'object' || value === null) return value as Value;
  if (Array.isArray(value)) return value.map(asWritten);
  const items = Object.entries(value).filter(([key]) => key !== ORDER || !(LIST in value));
  return LIST in value
    ? items.map(([, item]) => asWritten(item))
    : Object.fromEntries(items.map(([key, item]) => [key, asWritten(item)]));
}

function shown(path: readonly (string | number)[], before: unknown, after: unknown): string {
  if (path.length === 0) return '(everything)';
  return path
    .map((key, index) => {
      const parents = [before, after].map((value) => inner(value, path.slice(0, index)));
      const isItem =
        typeof key === 'number' ||
        parents.some((parent) => typeof parent === 'object' && parent !== null && LIST in parent);
      if (key === ORDER && isItem) return ' (order)';
      if (isItem) return `[${key}]`;
      return /^[\w-]+$/.test(key as string) ? `${index > 0 ? '.' : ''}${key}` : `[${JSON.stringify(key)}]`;
    })
    .join('');
}
