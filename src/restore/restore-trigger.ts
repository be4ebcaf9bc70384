import { k8s } from 'cdk8s-plus-28';
import { env } from '../workload/environment';
import type { Delivery } from '../delivery/delivery';
import { InvalidPropError } from '../errors';
import { checkName } from '../kubernetes/names';

/** One restore, as a pull request asks for it: exactly the reviewed dump is restored. */
export interface OnMergeOptions {
  /** Name of the dump, e.g. `shop-20261123-020000`. */
  readonly dump: string;
  /** Checksum of the dump: the first 64 characters of its `.sha256`, or `sha256` in its manifest. */
  readonly sha256: string;
  /** Name of the request, e.g. the number of the incident. A request is carried out once. */
  readonly requestId: string;
  /**
   * The tool that applies the Job. Its annotation tells it to keep a Job that has disappeared from Git.
   * @default - the annotations of Flux, Argo CD and Helm
   */
  readonly delivery?: Delivery;
}

/** The trigger of a restore. */
export class RestoreTrigger {
  /** A person with kubectl, who chooses the dump then. For incidents: it is fast, and can be rehearsed and undone. */
  public static onDemand(): RestoreTrigger {
    return new RestoreTrigger();
  }

  /**
   * The merge of a pull request: Flux creates the Job. For restores that two people must agree on, or for clusters to
   * which no person has access. Remove it from Git when it is done; the Job stays until a person deletes it.
   * @throws InvalidPropError
   */
  public static onMerge(options: OnMergeOptions): RestoreTrigger {
    const { dump, sha256, requestId, delivery } = options;
    if (!/^\S+-\d{8}-\d{6}$/.test(dump ?? '')) {
      throw new InvalidPropError(
        'trigger.dump',
        dump,
        'is not the name of a dump',
        'Write it as RESTORE_ACTION=list shows it, e.g. "shop-20261123-020000"',
      );
    }
    if (!/^[0-9a-f]{64}$/.test(sha256 ?? '')) {
      throw new InvalidPropError(
        'trigger.sha256',
        sha256,
        'is not a checksum: the pin is what makes the review worth something',
        "Copy the 64 hexadecimal digits from the dump's .sha256",
      );
    }
    checkName('trigger.requestId', requestId ?? '');
    return new RestoreTrigger(requestId, dump, sha256, delivery);
  }

  private constructor(
    /** Name of the request that a merge makes; undefined on demand. */
    public readonly requestId?: string,
    /** Name of the dump that a merge restores; undefined on demand. */
    public readonly dump?: string,
    /** Checksum of the dump that a merge restores; undefined on demand. */
    public readonly sha256?: string,
    /** The tool that applies the Job of a merge; undefined when it is unknown. */
    public readonly delivery?: Delivery,
  ) {}
}

/** The variables that tell a restore its trigger. */
export function triggerEnv({ requestId, dump, sha256 }: RestoreTrigger): k8s.EnvVar[] {
  if (requestId === undefined || dump === undefined || sha256 === undefined) {
    return [
      { name: 'REQUEST_ID', valueFrom: { fieldRef: { fieldPath: "metadata.labels['batch.kubernetes.io/job-name']" } } },
      env('RESTORE_DUMP', ''),
      env('RESTORE_SHA256', ''),
      env('RESTORE_HOLD', ''),
    ];
  }
  return [env('REQUEST_ID', requestId), env('RESTORE_DUMP', dump), env('RESTORE_SHA256', sha256)];
}
