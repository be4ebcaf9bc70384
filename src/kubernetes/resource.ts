import { ApiObject, Chart } from 'cdk8s';
import { IResource } from 'cdk8s-plus-28';
import { Construct, IConstruct } from 'constructs';
import { InvalidPropError } from '../errors';

/** The namespace of a resource of cdk8s-plus; undefined for one that is only referred to by its name. */
export function namespaceOf(resource: IResource): string | undefined {
  const made = resource.node.defaultChild;
  return made !== undefined && ApiObject.isApiObject(made) ? made.metadata.namespace : undefined;
}

/** What each app has already, with the path of the construct that has it. */
const taken = new WeakMap<IConstruct, Map<string, string>>();

/**
 * Takes for a construct what may be there once in a namespace, in whatever chart of the app.
 * @returns the path of the construct that has it already
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
 * Takes the name of an object, which a property has or makes. Of two objects with one name, the last to be applied
 * would win.
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
