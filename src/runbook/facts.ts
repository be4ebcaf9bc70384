import type { BackupCronJob } from '../backup/backup-cron-job';
import type { Delivery } from '../delivery/delivery';
import type { RestoreDrill } from '../drill/restore-drill';
import type { OffsiteCopy } from '../offsite/offsite-copy';
import type { RestoreJob } from '../restore/restore-job';
import type { SecretExpectations } from '../secrets/secret-expectations';
import type { Exemption } from './exemption';
import type { RunbookService } from './runbook-service';

/** The copies of the dumps in a bucket, and the constructs that make and take them. */
export interface DatabaseCopies {
  /** The construct that makes them. */
  readonly copy: OffsiteCopy;
  /** The template that restores from there: a `RestoreJob` with `offsite`. */
  readonly restore: RestoreJob;
  /**
   * The drill of copies: a `RestoreDrill` with `offsite`.
   * @default - none: the page has no commands that drill a copy
   */
  readonly drill?: RestoreDrill;
}

/** The subjects of the page. */
export interface RunbookProps {
  /** The backup that is operated. */
  readonly backup: BackupCronJob;
  /** Its template for restores on demand. */
  readonly restore: RestoreJob;
  /** The secrets that must exist before a restore. */
  readonly secrets: SecretExpectations;
  /**
   * Its drill.
   * @default - none: the page has no section about drills
   */
  readonly drill?: RestoreDrill;
  /**
   * Its copies in a bucket.
   * @default - none: the page does not say what to do when the NAS is gone
   */
  readonly copies?: DatabaseCopies;
  /**
   * The service that uses the database.
   * @default - a service that the page neither stops nor proves, called "the service"
   */
  readonly service?: RunbookService;
  /**
   * Name of the StatefulSet of the database server, in the namespace of the chart.
   * @default - none: the server runs elsewhere
   */
  readonly server?: string;
  /**
   * The tool that applies the manifests that are synthesized here.
   * @default Delivery.kubectl()
   */
  readonly delivery?: Delivery;
  /**
   * Name of the `NamespaceGuard` that protects the namespace.
   * @default - none: the page says not to delete the namespace, and nothing keeps a person from it
   */
  readonly guard?: string;
  /**
   * File in which the constructs are declared, for a person who has to change them, e.g. `src/shop/chart.ts`.
   * @default - the page says only which construct to change
   */
  readonly declaredIn?: string;
  /**
   * Data that a restore does not bring back.
   * @default - nothing but what no restore brings back
   */
  readonly notBackedUp?: Exemption[];
  /**
   * Title of the page.
   * @default - "Runbook: ", the title of the service, or the name of the database, and the namespace
   */
  readonly title?: string;
}

/** The facts that the sections of the page take. */
export interface RunbookFacts {
  readonly namespace: string;
  readonly backup: BackupCronJob;
  readonly restore: RestoreJob;
  readonly secrets: SecretExpectations;
  readonly drill?: RestoreDrill;
  readonly copies?: DatabaseCopies;
  readonly service: RunbookService;
  readonly server?: string;
  readonly delivery: Delivery;
  readonly guard?: string;
  readonly declaredIn?: string;
  readonly notBackedUp: Exemption[];
  /** Whether the namespace has other backups: then each command has to name this backup. */
  readonly hasOtherBackups: boolean;
}
