import { Cron, Duration, Size, SizeRoundingBehavior } from 'cdk8s';
import { ContainerResources, Cpu, EmptyDirMedium, k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { IBackup } from '../backup/backup';
import { checkProof, DecryptionProof } from './decryption-proof';
import { env } from '../workload/environment';
import { VERBATIM } from '../delivery/gitops-annotations';
import {
  ContainerProps,
  PodExtras,
  quantity,
  SECRETS_REPORT,
  STORAGE_PATH,
  WORKING_MOUNTS,
} from '../workload/hardened-pod';
import { fetchedVolume, offsiteSource } from '../offsite/offsite-source';
import { OffsiteTarget } from '../offsite/offsite-target';
import { PodOptions, podOptions } from '../workload/pod-options';
import { checkCount, checkDuration, InvalidPropError } from '../errors';
import { described, labelsFor } from '../kubernetes/labels';
import { mountedChecks } from '../workload/checks-config-map';
import { restoreOptions } from '../restore/restore-job';
import { ScriptCronJob } from '../workload/script-cron-job';
import { checkFolder, POD_NAME } from '../workload/script-job';

/** Whose dumps are drilled, when, and how. */
export interface RestoreDrillProps extends DrillOptions {
  /** Name of the CronJob, up to 52 characters. */
  readonly name: string;
  /** Whose dumps are drilled: a `BackupCronJob`, or a database and a storage. */
  readonly backup: IBackup;
  /**
   * Drills the copies in this bucket instead of the dumps on the claim, which gets the evidence. A copy counts when a
   * drill has restored it: give it a drill of its own beside that of the claim. It takes the newest copy, and
   * `DrillPick.ROTATE` is refused.
   * @default - the dumps on the claim are drilled
   */
  readonly offsite?: OffsiteTarget;
  /**
   * Whether only copies are drilled, or copies and dumps in turn, where `offsite` is given. The evidence says which.
   * @default DrillSource.OFFSITE
   */
  readonly source?: DrillSource;
  /**
   * When to drill.
   * @default Cron.weekly()
   */
  readonly schedule?: Cron;
  /**
   * Proof that a key still opens what is in the dump.
   * @default - none, and the drill says nothing about keys
   */
  readonly proof?: DecryptionProof;
}

/** Options that the drills of several databases may share. */
export interface DrillOptions extends PodOptions {
  /**
   * Time zone of the schedule, a name of the tz database.
   * @default 'Etc/UTC'
   */
  readonly timeZone?: string;
  /**
   * Whether drills are suspended. Those on demand still run.
   * @default false
   */
  readonly suspend?: boolean;
  /**
   * Time after which a drill is ended, in whole seconds, at least 1 minute.
   * @default Duration.hours(6)
   */
  readonly activeDeadline?: Duration;
  /**
   * How late a drill may begin, e.g. after an outage of the control plane, in whole seconds, at least 10.
   * @default Duration.hours(12)
   */
  readonly startingDeadline?: Duration;
  /**
   * Recovery time objective: how long a restore may take, in whole seconds, at least 1 minute and less than
   * `activeDeadline`. A drill that took longer still proves its dump; its evidence and its log say so, of the restore
   * and what is fetched for it, and so does an alert of `BackupAlerts`, of the whole Job with the start of its pod.
   * @default - none, and nothing is said
   */
  readonly rto?: Duration;
  /**
   * Which dump is drilled.
   * @default DrillPick.NEWEST
   */
  readonly pick?: DrillPick;
  /**
   * Most that the throwaway server may take, at least 100 MiB.
   * @default - the size of the claim, where it is known, and no limit otherwise
   */
  readonly scratchSize?: Size;
  /**
   * The medium of the throwaway server's files. Memory counts against the memory limit.
   * @default EmptyDirMedium.DEFAULT
   */
  readonly scratchMedium?: EmptyDirMedium;
  /**
   * How many drills' evidence stays on the NAS, the newest. From 1 to 10,000.
   * @default 104
   */
  readonly keepEvidence?: number;
  /**
   * Tables and indexes that are restored at the same time, from 1 to 64.
   * @default 2
   */
  readonly parallelJobs?: number;
}

/** The options among some props, by their names. */
export function drillOptions(props: DrillOptions): {
  readonly [Option in keyof Required<DrillOptions>]: DrillOptions[Option];
} {
  return {
    ...podOptions(props),
    timeZone: props.timeZone,
    suspend: props.suspend,
    activeDeadline: props.activeDeadline,
    startingDeadline: props.startingDeadline,
    rto: props.rto,
    pick: props.pick,
    scratchSize: props.scratchSize,
    scratchMedium: props.scratchMedium,
    keepEvidence: props.keepEvidence,
    parallelJobs: props.parallelJobs,
  };
}

/** Which dump a drill restores. `RESTORE_DUMP` and `RESTORE_BEFORE` choose another one for a drill on demand. */
export enum DrillPick {
  /** The newest verified one: what a restore would take. */
  NEWEST = 'newest',
  /** The one that was not drilled for the longest time: in turn, all that the retention keeps. */
  ROTATE = 'rotate',
}

/** What a drill takes its dump from that knows a bucket. */
export enum DrillSource {
  /** The copies in the bucket. */
  OFFSITE = 'offsite',
  /**
   * The other of claim and bucket than the newest drill took, so that each is drilled every other time. A second try of
   * a drill that failed takes the same one.
   */
  IN_TURN = 'turn',
}

const DRILL_PATH = '/drill';
const PROOF_PATH = '/proof';
const FETCHED = 'fetched';
const FETCHED_PATH = '/fetched';
const NAS_PATH = '/nas';

/** A server in the pod, two sessions that build indexes, and two clients. */
const RESOURCES: ContainerResources = {
  cpu: { request: Cpu.millis(100) },
  memory: { request: Size.mebibytes(256), limit: Size.gibibytes(1) },
};

/**
 * A restore without a person and without risk. On a schedule, a dump is restored into a server that lives and dies in
 * the pod, and proven. The result is in `drills/<time>.json` beside the dumps, and in the status: 0 proven, 1 failed,
 * 4 the key is refuted, 5 something could not be proven. Only a failure is tried again.
 */
export class RestoreDrill extends Construct {
  /** Name of the CronJob. */
  public readonly name: string;
  /** When to drill. */
  public readonly schedule: Cron;
  /** Time zone of the schedule, a name of the tz database. */
  public readonly timeZone: string;
  /** Whether drills are suspended. */
  public readonly suspend: boolean;
  /** Time after which a drill is ended. */
  public readonly activeDeadline: Duration;
  /** How late a drill may begin. */
  public readonly startingDeadline: Duration;
  /** How long a restore may take; undefined for no objective. */
  public readonly rto?: Duration;
  /** Which dump is drilled. */
  public readonly pick: DrillPick;
  /** Proof that a key still opens what is in the dump; undefined for none. */
  public readonly proof?: DecryptionProof;
  /** The bucket whose copies are drilled; undefined for the dumps on the claim. */
  public readonly offsite?: OffsiteTarget;
  /** Whether only copies are drilled, or dumps too; undefined for the dumps on the claim alone. */
  public readonly source?: DrillSource;
  /** How many drills' evidence stays on the NAS. */
  public readonly keepEvidence: number;

  /** @throws InvalidPropError */
  constructor(scope: Construct, id: string, props: RestoreDrillProps) {
    super(scope, id);
    const { database, storage } = props.backup;
    const folder = checkFolder('restoreDrill', database, props.backup.folder);
    const scratch = props.scratchSize ?? storage.size;
    if (scratch !== undefined && scratch.toKibibytes() < 100 * 1024) {
      throw new InvalidPropError(
        'restoreDrill.scratchSize',
        scratch.asString(),
        'is too small for a server',
        'Give it room for the database and half of it again',
      );
    }
    this.name = props.name;
    this.schedule = props.schedule ?? Cron.weekly();
    this.timeZone = props.timeZone ?? 'Etc/UTC';
    this.suspend = props.suspend ?? false;
    this.activeDeadline = checkDuration('restoreDrill.activeDeadline', props.activeDeadline ?? Duration.hours(6), 60);
    this.startingDeadline = checkDuration(
      'restoreDrill.startingDeadline',
      props.startingDeadline ?? Duration.hours(12),
      10,
    );
    this.rto = checkObjective(props.rto, this.activeDeadline);
    this.pick = props.pick ?? DrillPick.NEWEST;
    if (props.proof !== undefined) {
      checkProof(props.proof);
    }
    this.proof = props.proof;
    this.offsite = props.offsite;
    this.source = checkSource(props);
    if (props.offsite !== undefined && this.pick === DrillPick.ROTATE) {
      throw new InvalidPropError(
        'restoreDrill.pick',
        this.pick,
        'needs the dumps on the claim, and this drill takes copies of a bucket',
        'Leave it out: the newest copy is drilled',
      );
    }
    this.keepEvidence = checkCount('restoreDrill.keepEvidence', props.keepEvidence ?? 104, 1, 10_000);
    const jobs = checkCount('restoreDrill.parallelJobs', props.parallelJobs ?? 2, 1, 64);
    const common = [
      POD_NAME,
      env('PGDATABASE', database.name),
      env('MAINTENANCE_DATABASE', 'postgres'),
      env('DRILL_DIR', DRILL_PATH),
    ];
    const choice = [env('RESTORE_DUMP', ''), env('RESTORE_BEFORE', '')];
    const isInTurn = this.source === DrillSource.IN_TURN;
    const source =
      props.offsite &&
      offsiteSource(
        props.offsite,
        folder,
        FETCHED,
        choice,
        isInTurn ? { env: turn(folder), volumeMounts: NAS } : undefined,
      );
    const checks = mountedChecks(this, props.name, props.backup.checks ?? []);
    const restore: ContainerProps = {
      name: 'restore',
      script: 'drill-restore.sh',
      env: [
        ...common,
        env('BACKUP_DIR', `${STORAGE_PATH}/${folder}`),
        SECRETS_REPORT,
        env('DRILL_PICK', this.pick),
        env('DRILL_BYTES', scratch === undefined ? 0 : scratch.toKibibytes() * 1024),
        ...choice,
        ...(source?.env ?? []),
        ...(isInTurn ? [env('FETCHED_DIR', `${FETCHED_PATH}/${folder}`)] : []),
        env('RESTORE_JOBS', jobs),
        env('RESTORE_OPTIONS', restoreOptions(memoryPerJob(props.resources ?? RESOURCES, jobs))),
        env('HOLD_SECONDS', this.activeDeadline.toSeconds()),
        ...checks.env,
      ],
      volumeMounts: [
        ...WORKING_MOUNTS.map((mount) =>
          this.source === DrillSource.OFFSITE && mount.name === 'storage' ? { ...mount, name: FETCHED } : mount,
        ),
        ...(isInTurn ? [{ name: FETCHED, mountPath: FETCHED_PATH }] : []),
        ...(source === undefined ? [] : [source.report]),
        ...checks.volumeMounts,
        { name: 'drill', mountPath: DRILL_PATH },
      ],
    };
    const drill: k8s.Volume = {
      name: 'drill',
      emptyDir: { medium: props.scratchMedium, sizeLimit: scratch === undefined ? undefined : quantity(scratch) },
    };
    this.node.defaultChild = new ScriptCronJob(this, 'workload', {
      ...podOptions(props),
      name: props.name,
      noun: 'restoreDrill',
      component: 'drill',
      description:
        `Restores a ${isInTurn ? 'dump, or in turn a copy,' : props.offsite === undefined ? 'dump' : 'copy'} of the ` +
        `database ${database.name}${props.offsite === undefined ? '' : ` in ${props.offsite}`} into a server that lives in its pod, and writes beside ` +
        'the dumps what that proves.',
      script: 'drill.sh',
      database,
      storage,
      folder,
      offline: true,
      secrets: props.proof === undefined ? [] : [props.proof.key],
      schedule: this.schedule,
      timeZone: this.timeZone,
      suspend: this.suspend,
      activeDeadline: this.activeDeadline,
      startingDeadline: this.startingDeadline,
      successfulJobsRetained: 3,
      failedJobsRetained: 3,
      backoffLimit: 1,
      finalStatuses: [4, 5],
      resources: props.resources ?? RESOURCES,
      reaches: props.offsite === undefined ? [] : ['dns', 'bucket'],
      bucketSecrets: props.offsite?._secrets,
      settings: [
        ...common.slice(1),
        ...(isInTurn ? [JOB_NAME] : []),
        ...(this.rto === undefined ? [] : [env('DRILL_RTO', this.rto.toSeconds())]),
        env('IMAGE', database.image.image),
        env('KEEP_EVIDENCE', this.keepEvidence),
      ],
      extras: this.withProof(props, common, {
        initContainers: [...(source?.initContainers ?? []), restore],
        volumes: [
          drill,
          ...(source === undefined ? [] : [fetchedVolume(FETCHED, storage), ...source.volumes]),
          ...checks.volumes,
        ],
        volumeMounts: [{ name: 'drill', mountPath: DRILL_PATH }],
      }),
    });
  }

  /** The container that sees the key sees no claim, and the one that sees the claim no key. */
  private withProof({ name, proof }: RestoreDrillProps, common: k8s.EnvVar[], extras: PodExtras): PodExtras {
    if (proof === undefined) {
      return extras;
    }
    const configMap = new k8s.KubeConfigMap(this, 'proof', {
      metadata: {
        name: `${name}-proof`,
        labels: labelsFor('drill'),
        annotations: { ...described(`The SQL that proves for ${name}: ${proof.name}.`), ...VERBATIM },
      },
      data: { 'proof.sql': proof.sql },
    });
    const items = [{ key: proof.key.key, path: 'key' }];
    return {
      ...extras,
      initContainers: [
        ...extras.initContainers,
        {
          name: 'decrypt',
          script: 'drill-decrypt.sh',
          env: [...common, env('PROOF_SQL', `${PROOF_PATH}/sql/proof.sql`), env('PROOF_KEY', `${PROOF_PATH}/key/key`)],
          volumeMounts: [
            { name: 'proof', mountPath: `${PROOF_PATH}/sql`, readOnly: true },
            { name: 'proof-key', mountPath: `${PROOF_PATH}/key`, readOnly: true },
            { name: 'drill', mountPath: DRILL_PATH },
            { name: 'decrypt-scratch', mountPath: '/tmp' },
          ],
        },
      ],
      volumes: [
        ...extras.volumes,
        { name: 'proof', configMap: { name: configMap.name } },
        {
          name: 'proof-key',
          projected: { sources: [{ secret: { name: proof.key.secretName, items, optional: true } }] },
        },
        { name: 'decrypt-scratch', emptyDir: { medium: 'Memory', sizeLimit: quantity(Size.mebibytes(16)) } },
      ],
    };
  }
}

/** A drill that is ended before its objective is over could not say that it took longer. */
function checkObjective(rto: Duration | undefined, activeDeadline: Duration): Duration | undefined {
  if (rto === undefined) {
    return undefined;
  }
  checkDuration('restoreDrill.rto', rto, 60);
  if (rto.toSeconds() >= activeDeadline.toSeconds()) {
    throw new InvalidPropError(
      'restoreDrill.rto',
      rto.toHumanString(),
      `is not less than activeDeadline (${activeDeadline.toHumanString()}), at which the drill is ended`,
      'Raise activeDeadline, or lower rto',
    );
  }
  return rto;
}

/** A second try of a Job is told from the next drill by it. */
const JOB_NAME: k8s.EnvVar = {
  name: 'REQUEST_ID',
  valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-name']" } },
};

/** Whose turn it is, the evidence of the drills before tells. */
const NAS: k8s.VolumeMount[] = [{ name: 'storage', mountPath: NAS_PATH, readOnly: true }];
const turn = (folder: string): k8s.EnvVar[] => [
  env('DRILL_SOURCE', DrillSource.IN_TURN),
  env('NAS_DIR', `${NAS_PATH}/${folder}`),
  JOB_NAME,
];

function checkSource({ offsite, source }: RestoreDrillProps): DrillSource | undefined {
  if (offsite === undefined && source !== undefined) {
    throw new InvalidPropError(
      'restoreDrill.source',
      source,
      'needs a bucket',
      'Name the bucket in offsite, or leave source out: the dumps on the claim are drilled',
    );
  }
  return source ?? (offsite && DrillSource.OFFSITE);
}

/**
 * Memory for the sessions that build indexes: no other program uses the server, and half of the pod's memory is enough
 * for the rest of it.
 */
function memoryPerJob({ memory }: ContainerResources, jobs: number): Size {
  const most = 256;
  const share = (memory?.limit?.toMebibytes({ rounding: SizeRoundingBehavior.FLOOR }) ?? 2 * most * jobs) / 2 / jobs;
  return Size.mebibytes(Math.max(1, Math.floor(Math.min(most, share))));
}
