import type { FieldChange } from './fields';
import type { ResourceChange } from './resources';

/** Fields that differ in the same way in each of some resources. */
export interface FieldGroup {
  readonly resources: readonly ResourceChange[];
  readonly fields: readonly FieldChange[];
}

/** The description of an object, which repeats other fields in words. */
const DESCRIPTION = 'metadata.annotations["kubernetes.io/description"]';

/** True if nothing differs but the description. */
export function isDescribedOnly({ fields }: ResourceChange): boolean {
  return fields.length > 0 && fields.every(({ path }) => isDescription(path));
}

export function isDescription(path: string): boolean {
  return path === DESCRIPTION;
}

/** Every field that differs, once. Descriptions are left out if other fields differ, too. */
export function fieldGroups(resources: readonly ResourceChange[]): FieldGroup[] {
  const found = new Map<string, { field: FieldChange; resources: Set<ResourceChange>; paths: Set<string> }>();
  for (const resource of resources) {
    const isTold = !isDescribedOnly(resource);
    for (const field of resource.fields) {
      if (isTold && isDescription(field.path)) continue;
      const { path, before, after } = field;
      const key = JSON.stringify([inAnyContainer(path), before, after, before === undefined, after === undefined]);
      const known = found.get(key) ?? { field, resources: new Set(), paths: new Set() };
      known.resources.add(resource);
      known.paths.add(path);
      found.set(key, known);
    }
  }
  const numbers = new Map(resources.map((resource, index) => [resource, index]));
  const groups = new Map<string, { resources: ResourceChange[]; fields: FieldChange[] }>();
  for (const { field, resources: having, paths } of found.values()) {
    const key = [...having].map((resource) => numbers.get(resource)).join();
    const group = groups.get(key) ?? { resources: [...having], fields: [] };
    group.fields.push(paths.size > 1 ? { ...field, path: inAnyContainer(field.path) } : field);
    groups.set(key, group);
  }
  // Fields of many resources come first.
  return [...groups.values()].sort((a, b) => b.resources.length - a.resources.length);
}

/** A path without the name of the container: the same field of several containers counts as one. */
function inAnyContainer(path: string): string {
  return path.replace(/\b(?:initC|c)ontainers\[[^\]]*\]/, 'containers[*]');
}
