import { Chart, Size, SizeRoundingBehavior } from 'cdk8s';
import { IPersistentVolumeClaim, k8s, PersistentVolumeAccessMode, PersistentVolumeClaim } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { keepAnnotations, type Delivery } from '../delivery/delivery';
import { NEVER_RECREATE } from '../delivery/gitops-annotations';
import { InvalidPropError } from '../errors';
import { described, labelsFor } from '../kubernetes/labels';
import { checkName } from '../kubernetes/names';
import { namespaceOf, takeName } from '../kubernetes/resource';

/** A claim that dumps are written to. */
export interface IBackupStorage {
  /** Name of the PersistentVolumeClaim. */
  readonly claimName: string;
  /**
   * Namespace of the claim.
   * @default - that of the chart which uses it
   */
  readonly namespace?: string;
  /** Access modes of the claim. */
  readonly accessModes: PersistentVolumeAccessMode[];
  /**
   * Size of the claim.
   * @default - not known
   */
  readonly size?: Size;
}

/** The claim to make. */
export interface BackupPvcProps {
  /** Name of the claim. Renaming it orphans every dump: the new claim begins empty. */
  readonly name: string;
  /** Storage class, e.g. one that makes directories on the NAS. It cannot be changed later. */
  readonly storageClassName: string;
  /**
   * Requested size, at least 10 MiB. Provisioners of plain NFS directories do not enforce it.
   * Flux does not apply later changes of it unless `resizableFromGit` is set.
   */
  readonly size: Size;
  /**
   * Access modes of the claim. With `ReadWriteOnce`, all pods that use it must run on one node at a time. A restore on
   * another node waits for the backup's pod to end, unless `nodeSelector` sends both to the same node.
   * @default - ReadWriteMany
   */
  readonly accessModes?: PersistentVolumeAccessMode[];
  /**
   * Leave out the guard against re-creation (`ssa: IfNotPresent`), so that Flux applies a larger `size` from Git.
   * A Kustomization with `force` can then delete the claim, and the dumps with it, on any change that is not allowed.
   * @default false
   */
  readonly resizableFromGit?: boolean;
  /**
   * The tool that applies the claim. Its annotation tells it to keep a claim that has disappeared from Git.
   * @default - the annotations of Flux, Argo CD and Helm
   */
  readonly delivery?: Delivery;
  /**
   * Labels of the claim.
   * @default - none
   */
  readonly labels?: { [name: string]: string };
  /**
   * Annotations beside the guards.
   * @default - none
   */
  readonly annotations?: { [name: string]: string };
}

/** Facts about a claim that another chart or a person has made. */
export interface ExistingClaimOptions {
  /**
   * Access modes of the claim.
   * @default - those of the claim if they are known, otherwise ReadWriteMany
   */
  readonly accessModes?: PersistentVolumeAccessMode[];
}

/** The claim that holds the dumps. Annotations keep it from being pruned or re-created. */
export class BackupPvc extends Construct implements IBackupStorage {
  /**
   * A claim that exists already.
   * @throws InvalidPropError when the name is not legal, or no pod could write to it
   */
  public static fromClaimName(claimName: string, options: ExistingClaimOptions = {}): IBackupStorage {
    checkName('claimName', claimName);
    return { claimName, accessModes: checkAccessModes(options.accessModes) };
  }

  /**
   * A claim of cdk8s-plus. It has no guard against Flux: make sure that it is neither pruned nor re-created.
   * @throws InvalidPropError when no pod could write to it
   */
  public static fromClaim(claim: IPersistentVolumeClaim, options: ExistingClaimOptions = {}): IBackupStorage {
    // A claim that is imported by its name has no other facts.
    const { accessModes, storage } = claim as Partial<PersistentVolumeClaim>;
    return {
      claimName: claim.name,
      namespace: namespaceOf(claim),
      size: storage,
      accessModes: checkAccessModes(options.accessModes ?? accessModes),
    };
  }

  public readonly claimName: string;
  public readonly namespace?: string;
  public readonly accessModes: PersistentVolumeAccessMode[];
  public readonly size?: Size;

  /** @throws InvalidPropError */
  constructor(scope: Construct, id: string, props: BackupPvcProps) {
    super(scope, id);
    checkName('backupPvc.name', props.name);
    checkName('backupPvc.storageClassName', props.storageClassName);
    if (props.size.toMebibytes({ rounding: SizeRoundingBehavior.FLOOR }) < 10) {
      throw new InvalidPropError(
        'backupPvc.size',
        props.size.asString(),
        'is too small for a dump',
        'Ask for room for all dumps that the retention keeps, and one more; at least 10Mi',
      );
    }
    takeName(this, 'PersistentVolumeClaim', 'backupPvc.name', props.name);
    this.claimName = props.name;
    this.size = props.size;
    this.namespace = Chart.of(this).namespace;
    this.accessModes = checkAccessModes(props.accessModes);
    this.node.defaultChild = new k8s.KubePersistentVolumeClaim(this, 'claim', {
      metadata: {
        name: props.name,
        labels: { ...props.labels, ...labelsFor('storage') },
        annotations: {
          ...described('The dumps. This claim is kept when it has disappeared from Git.'),
          ...props.annotations,
          ...keepAnnotations(props.delivery),
          ...(props.resizableFromGit ? {} : NEVER_RECREATE),
        },
      },
      spec: {
        accessModes: this.accessModes,
        storageClassName: props.storageClassName,
        resources: { requests: { storage: k8s.Quantity.fromString(props.size.asString()) } },
      },
    });
  }
}

function checkAccessModes(modes = [PersistentVolumeAccessMode.READ_WRITE_MANY]): PersistentVolumeAccessMode[] {
  if (modes.length === 0 || modes.every((mode) => mode === PersistentVolumeAccessMode.READ_ONLY_MANY)) {
    throw new InvalidPropError('accessModes', modes, 'lets no backup write', 'Use ReadWriteMany or ReadWriteOnce');
  }
  return modes;
}
