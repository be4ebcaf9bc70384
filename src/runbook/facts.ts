import type { BackupCronJob } from '../backup/backup-cron-job';
import type { IFluxKustomization } from '../delivery/flux-kustomization';
import type { RestoreDrill } from '../drill/restore-drill';
import type { RestoreJob } from '../restore/restore-job';
import type { SecretExpectations } from '../secrets/secret-expectations';
import type { Exemption } from './exemption';
import type { RunbookService } from './runbook-service';

/** What the page tells of. */
export interface RunbookProps {
  /** The backup that is operated. */
  readonly backup: BackupCronJob;
  /** Its template for restores on demand. */
  readonly restore: RestoreJob;
  /** Its drill. */
  readonly drill: RestoreDrill;
  /** What must exist before a restore. */
  readonly secrets: SecretExpectations;
  /** The service that uses the database. */
  readonly service: RunbookService;
  /** Name of the StatefulSet of the database server, in the namespace of the chart. */
  readonly server: string;
  /** The Flux Kustomization that applies what is synthesized here. */
  readonly kustomization: IFluxKustomization;
  /** File in which the constructs are declared, for whoever has to change them, e.g. `src/shop/chart.ts`. */
  readonly declaredIn: string;
  /** What a restore does not bring back. An empty list says that there is nothing. */
  readonly notBackedUp: Exemption[];
  /**
   * Title of the page.
   * @default - "Runbook: ", the title of the service and the namespace
   */
  readonly title?: string;
}

/** What the sections of the page take. */
export interface RunbookFacts extends Omit<RunbookProps, 'title'> {
  readonly namespace: string;
}
