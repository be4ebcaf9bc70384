import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { NamespaceGuard } from '..';
import { GUARD, IdentityInternal } from './chart';

/**
 * What keeps the namespace, the dumps and the database from being deleted by mistake. It is of the cluster, and needs
 * Kubernetes 1.30: a folder of its own, for a Kustomization of its own.
 */
export class IdentityInternalGuard extends Chart {
  constructor(scope: Construct, id: string, { namespace, backup }: IdentityInternal) {
    super(scope, id);
    new NamespaceGuard(this, 'guard', {
      name: GUARD,
      namespace: namespace!,
      // The claim of the StatefulSet zitadel-db has the name of its template, and of its pod.
      claims: [backup.storage.claimName, 'data-zitadel-db-0'],
      statefulSets: ['zitadel-db'],
    });
  }
}
