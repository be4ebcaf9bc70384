import { checkConstructsVersion } from './constructs-version';

export { BackupAlerts, type BackupAlertsProps } from './backup-alerts';
export { BackupCronJob, type BackupCronJobProps, type Heartbeat } from './backup-cron-job';
export { type IBackup } from './backup';
export { BackupDashboard, type BackupDashboardProps } from './backup-dashboard';
export { BackupFormat, type DirectoryFormatOptions } from './backup-format';
export { BackupPvc, type BackupPvcProps, type ExistingClaimOptions, type IBackupStorage } from './backup-pvc';
export { Compression } from './compression';
export { DecryptionProof, type DecryptionProofOptions } from './decryption-proof';
export { type Escrow, type EscrowFinding, type EscrowOptions } from './escrow';
export { type ExpectedSecret, type ExpectKeyOptions, type ExpectSecretOptions, type SecretKey } from './expected-secret';
export { FluxKustomization, type FluxKustomizationProps, FluxSource, type FluxSourceOptions, type IFluxKustomization } from './flux-kustomization';
export { type PodOptions } from './hardened-pod';
export { InvalidPropError } from './invalid';
export { Isolation, type IsolationExceptions } from './isolation';
export { KustomizedApp, type KustomizedAppProps } from './kustomized-app';
export { NetworkPeer, type NetworkPeerOptions, type PodsPeerOptions } from './network-peer';
export { PostgresDatabase, type PostgresDatabaseProps, PostgresImage, type PostgresImageOptions, type PostgresImageProps } from './postgres';
export { Quiesce, type ScaleDeploymentOptions } from './quiesce';
export { RestoreCheck, type SameAsDumpOptions, type SqlCheckOptions } from './restore-check';
export { RestoreJob, type RestoreJobProps, RestoreSessions } from './restore-job';
export { DrillPick, RestoreDrill, type RestoreDrillProps } from './restore-drill';
export { type OnMergeOptions, RestoreTrigger } from './restore-trigger';
export { Retention, type RetentionRules } from './retention';
export { Runbook, type RunbookProps } from './runbook';
export { Exemption, type ExemptionOptions } from './runbook/exemption';
export {
  type ExternalObject, type ReadinessOptions, RunbookService, type RunbookServiceOptions,
} from './runbook/service';
export { SecretExpectations, type SecretExpectationsProps } from './secret-expectations';
export { type TableName } from './table-name';

checkConstructsVersion();
