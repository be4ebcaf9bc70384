import type { BackupCronJob } from '../backup/backup-cron-job';
import type { IFluxKustomization } from '../delivery/flux-kustomization';
import type { RestoreDrill } from '../drill/restore-drill';
import type { RestoreJob } from '../restore/restore-job';
import type { SecretExpectations } from '../secrets/secret-expectations';
import type { Exemption } from './exemption';
import type { RunbookService } from './runbook-service';

/** What the page says, as its sections take it. */
export interface RunbookFacts {
  readonly namespace: string;
  readonly backup: BackupCronJob;
  readonly restore: RestoreJob;
  readonly drill: RestoreDrill;
  readonly secrets: SecretExpectations;
  readonly service: RunbookService;
  readonly server: string;
  readonly kustomization: IFluxKustomization;
  readonly declaredIn: string;
  readonly notBackedUp: readonly Exemption[];
}
