import { checkConstructsVersion } from './kubernetes/constructs-version';

export { BackupAlerts, type BackupAlertsProps } from './monitoring/backup-alerts';
export { BackupCronJob, type BackupCronJobProps, type BackupOptions, type Heartbeat } from './backup/backup-cron-job';
export { type IBackup } from './backup/backup';
export { BackupDashboard, type BackupDashboardProps } from './monitoring/backup-dashboard';
export { BackupFleet, type BackupFleetProps } from './fleet/backup-fleet';
export { BackupFormat, type DirectoryFormatOptions } from './backup/backup-format';
export { BackupPvc, type BackupPvcProps, type ExistingClaimOptions, type IBackupStorage } from './backup/backup-pvc';
export { Compression } from './backup/compression';
export { type ArgoCdDeliveryOptions, Delivery, type FluxDeliveryOptions } from './delivery/delivery';
export { type DecryptionProof } from './drill/decryption-proof';
export { type EscrowOptions } from './secrets/escrow';
export {
  type ExpectedSecret,
  type ExpectKeyOptions,
  type ExpectSecretOptions,
  type SecretKey,
  type SecretOriginOptions,
} from './secrets/secret-key';
export { type FleetDatabase } from './fleet/fleet-database';
export {
  FluxKustomization,
  type FluxKustomizationProps,
  FluxSource,
  type FluxSourceOptions,
  type IFluxKustomization,
} from './delivery/flux-kustomization';
export { type PodOptions, type PodVolume } from './workload/pod-options';
export { InvalidPropError } from './errors';
export { Isolation, type IsolationExceptions } from './network/isolation';
export { KustomizedApp, type KustomizedAppProps } from './delivery/kustomized-app';
export { NamespaceGuard, type NamespaceGuardProps } from './guard/namespace-guard';
export { NetworkPeer, type NetworkPeerOptions, type PodsPeerOptions } from './network/network-peer';
export { OffsiteCopy, type OffsiteCopyProps } from './offsite/offsite-copy';
export { OffsiteEncryption } from './offsite/offsite-encryption';
export { OffsiteTarget, type RcloneRemoteProps, type S3BucketProps } from './offsite/offsite-target';
export { PostgresDatabase, type PostgresDatabaseProps, type PostgresServerProps } from './database/postgres-database';
export { PostgresImage, type PostgresImageOptions, type PostgresImageProps } from './database/postgres-image';
export { type PostgresRole } from './database/postgres-role';
export { PostgresServer } from './database/postgres-server';
export { type Quiesce } from './restore/quiesce';
export { RestoreCheck, type SameAsDumpOptions, type SqlCheckOptions } from './restore/restore-check';
export { RestoreJob, type RestoreJobProps, type RestoreOptions, RestoreSessions } from './restore/restore-job';
export { type DrillOptions, DrillPick, DrillSource, RestoreDrill, type RestoreDrillProps } from './drill/restore-drill';
export { type OnMergeOptions, RestoreTrigger } from './restore/restore-trigger';
export { Retention, type RetentionRules } from './backup/retention';
export { type DatabaseCopies, type RunbookProps } from './runbook/facts';
export { Runbook } from './runbook/runbook';
export { type Exemption } from './runbook/exemption';
export { type ProbeAnswer, type RunbookProbe } from './runbook/runbook-probe';
export { type ReadinessOptions, RunbookService, type RunbookServiceOptions } from './runbook/runbook-service';
export { ScheduleWindow } from './schedule/schedule-window';
export { SecretExpectations, type SecretExpectationsProps } from './secrets/secret-expectations';
export { type TableName } from './database/table-name';
export { Tls, type TlsClientCertificate, type TlsOptions } from './database/tls';
export { TlsAuthority } from './database/tls-authority';

checkConstructsVersion();
