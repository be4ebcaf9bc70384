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

/** The dumps to drill, the schedule, and the proof. */
export interface RestoreDrillProps extends DrillOptions {
  /** Name of the CronJob, up to 52 characters. */
  readonly name: string;
  /** The backup whose dumps are drilled: a `BackupCronJob`, or a database and a storage. */
  readonly backup: IBackup;
  /**
   * Drills the copies in this bucket instead of the dumps on the claim. The evidence goes to the claim. A copy counts
   * when a drill has restored it, so make a second drill beside that of the claim. It takes the newest copy, and
   * refuses `DrillPick.ROTATE`.
   * @default - the dumps on the claim are drilled
   */
  readonly offsite?: OffsiteTarget;
  /**
   * Source of the drilled dumps if `offsite` is given: the copies only, or the copies and the dumps in turn. The
   * evidence names the source.
   * @default DrillSource.OFFSITE
   */
  readonly source?: DrillSource;
  /**
   * Schedule of the drills.
   * @default Cron.weekly()
   */
  readonly schedule?: Cron;
  /**
   * Proof that a key still opens the data of the dump.
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
   * Most time by which a drill may begin late, e.g. after an outage of the control plane, in whole seconds, at least
   * 10.
   * @default Duration.hours(12)
   */
  readonly startingDeadline?: Duration;
  /**
   * Recovery time objective: most time that a restore may take, in whole seconds, at least 1 minute and less than
   * `activeDeadline`. A drill that takes longer still proves its dump. Its evidence and its log then say so; they count
   * the restore, and the fetch of a copy. An alert of `BackupAlerts` says so, too; it counts the whole Job, with the
   * start of its pod.
   * @default - none, and nothing is said
   */
  readonly rto?: Duration;
  /**
   * The choice of the dump to drill.
   * @default DrillPick.NEWEST
   */
  readonly pick?: DrillPick;
  /**
   * Most storage that the throwaway server may take, at least 100 MiB.
   * @default - the size of the claim if it is known, otherwise no limit
   */
  readonly scratchSize?: Size;
  /**
   * The medium of the throwaway server's files. Memory counts against the memory limit.
   * @default EmptyDirMedium.DEFAULT
   */
  readonly scratchMedium?: EmptyDirMedium;
  /**
   * Number of drills whose evidence stays on the NAS, the newest first. From 1 to 10,000.
   * @default 104
   */
  readonly keepEvidence?: number;
  /**
   * Tables and indexes that are restored at the same time, from 1 to 64.
   * @default 2
   */
  readonly parallelJobs?: number;
}

/** Returns the options among some props, each by its name. */
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

/** The choice of the dump to drill. `RESTORE_DUMP` and `RESTORE_BEFORE` choose another dump for a drill on demand. */
export enum DrillPick {
  /** The newest verified dump, which a restore would take. */
  NEWEST = 'newest',
  /** The dump that was not drilled for the longest time: in turn, all that the retention keeps. */
  ROTATE = 'rotate',
}

/** The source of the dumps of a drill with `offsite`. */
export enum DrillSource {
  /** The copies in the bucket. */
  OFFSITE = 'offsite',
  /**
   * The claim and the bucket alternate: each drill takes the source that the newest drill did not take. A second try of
   * a failed drill takes the same source.
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
 * A restore without a person and without risk. On a schedule, a dump is restored into a throwaway server in the pod,
 * and proven. The result is in `drills/<time>.json` beside the dumps, and in the exit status: 0 for proven, 1 for
 * failed, 4 for a refuted key, 5 for inconclusive. Only a failure is retried.
 */
export class RestoreDrill extends Construct {
  /** Name of the CronJob. */
  public readonly name: string;
  /** Schedule of the drills. */
  public readonly schedule: Cron;
  /** Time zone of the schedule, a name of the tz database. */
  public readonly timeZone: string;
  /** Whether drills are suspended. */
  public readonly suspend: boolean;
  /** Time after which a drill is ended. */
  public readonly activeDeadline: Duration;
  /** Most time by which a drill may begin late. */
  public readonly startingDeadline: Duration;
  /** Recovery time objective; undefined for none. */
  public readonly rto?: Duration;
  /** The choice of the dump to drill. */
  public readonly pick: DrillPick;
  /** Proof that a key still opens the data of the dump; undefined for none. */
  public readonly proof?: DecryptionProof;
  /** The bucket whose copies are drilled; undefined for the dumps on the claim. */
  public readonly offsite?: OffsiteTarget;
  /** Source of the drilled dumps with `offsite`; undefined for the dumps on the claim. */
  public readonly source?: DrillSource;
  /** Number of drills whose evidence stays on the NAS. */
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

  /** The container that sees the key does not see the claim, and the container that sees the claim not the key. */
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

/** A drill that its deadline ends before the objective has passed could not tell that it took longer. */
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

/** It distinguishes a second try of a Job from the next drill. */
const JOB_NAME: k8s.EnvVar = {
  name: 'REQUEST_ID',
  valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-name']" } },
};

/** The evidence of former drills tells whose turn it is. */
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
