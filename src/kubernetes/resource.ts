import { ApiObject, Chart } from 'cdk8s';
import { IResource } from 'cdk8s-plus-28';
import { Construct, IConstruct } from 'constructs';
import { InvalidPropError } from '../errors';

/** The namespace of a resource of cdk8s-plus; undefined for a resource that is imported by its name. */
export function namespaceOf(resource: IResource): string | undefined {
  const made = resource.node.defaultChild;
  return made !== undefined && ApiObject.isApiObject(made) ? made.metadata.namespace : undefined;
}

/** The names that are taken in each app, with the path of the construct that has taken each. */
const taken = new WeakMap<IConstruct, Map<string, string>>();

/**
 * Takes a name for a construct: in a namespace it may be taken once, by all charts of the app.
 * @returns the path of the construct that has already taken it
 */
export function takenBy(construct: Construct, what: string, name: string): string | undefined {
  const names = taken.get(construct.node.root) ?? new Map<string, string>();
  taken.set(construct.node.root, names);
  const key = JSON.stringify([Chart.of(construct).namespace, what, name]);
  const other = names.get(key);
  if (other === undefined) {
    names.set(key, construct.node.path);
  }
  return other;
}

/**
 * Takes the name of an object, which is the value of a property or derived from it. Of two objects with one name, the
 * last to be applied would win.
 */
export function takeName(construct: Construct, kind: string, property: string, value: string, name = value): void {
  const other = takenBy(construct, kind, name);
  if (other !== undefined) {
    throw new InvalidPropError(
      property,
      value,
      `makes a second ${kind} ${name}, beside that of ${other}: in one namespace the last to be applied would win`,
      `Use another ${property.split('.').at(-1)}`,
    );
  }
}
