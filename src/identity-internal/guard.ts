import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { NamespaceGuard } from '..';
import { GUARD, IdentityInternal } from './chart';

/**
 * The guard that keeps the namespace, the dumps and the database from being deleted by mistake. It is cluster-scoped
 * and needs Kubernetes 1.30, so it has a folder and a Kustomization of its own.
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
