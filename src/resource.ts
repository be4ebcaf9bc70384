import { ApiObject } from 'cdk8s';
import { IResource } from 'cdk8s-plus-28';

/** The namespace of a resource of cdk8s-plus; undefined for one that is only referred to by its name. */
export function namespaceOf(resource: IResource): string | undefined {
  const made = resource.node.defaultChild;
  return made !== undefined && ApiObject.isApiObject(made) ? made.metadata.namespace : undefined;
}
