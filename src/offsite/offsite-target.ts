import { TlsAuthority } from '../database/tls-authority';
import { PEM } from '../database/tls';
import { InvalidPropError } from '../errors';
import { checkImage } from '../kubernetes/image';
import { SecretKey } from '../secrets/secret-key';
import { OffsiteEncryption } from './offsite-encryption';

/** A bucket of a server that speaks S3, and who may write to it. */
export interface S3BucketProps {
  /** Address of the server, e.g. `https://s3.eu-central-1.amazonaws.com`. */
  readonly endpoint: string;
  /** Region of the bucket, e.g. `eu-central-1`. */
  readonly region: string;
  /** Name of the bucket. It must exist. */
  readonly bucket: string;
  /**
   * Folder in the bucket, below which each database has its own, e.g. `clusters/internal`.
   * @default - none
   */
  readonly prefix?: string;
  /**
   * What rclone calls the provider, e.g. `AWS`, `Ceph` or `Minio`. It knows what each does otherwise than the others.
   * Rule: https://rclone.org/s3/#s3-provider
   * @default 'Other'
   */
  readonly provider?: string;
  /** Id of the key. */
  readonly accessKey: SecretKey;
  /** The key itself. It should not be able to delete. */
  readonly secretKey: SecretKey;
  /** Whether the copies are encrypted before they leave the pod. */
  readonly encryption: OffsiteEncryption;
  /**
   * Authority that has signed the server's certificate.
   * @default - the public ones, as rclone's image has them
   */
  readonly ca?: TlsAuthority;
  /**
   * Image to copy `rclone` from, with a tag or a digest. It must have `sh` and `cp`, and a `rclone` that is linked
   * statically.
   * @default 'rclone/rclone:1.75.2'
   */
  readonly rcloneImage?: string;
}

/** The release that the tests run. */
export const RCLONE_IMAGE = 'rclone/rclone:1.75.2';

/** Where copies are kept that neither the cluster nor the NAS can reach. */
export class OffsiteTarget {
  /**
   * A bucket.
   * @throws InvalidPropError
   */
  public static s3(props: S3BucketProps): OffsiteTarget {
    return new OffsiteTarget(props);
  }

  /** Address of the server. */
  public readonly endpoint: string;
  /** Region of the bucket. */
  public readonly region: string;
  /** Name of the bucket. */
  public readonly bucket: string;
  /** Folder in the bucket; empty for none. */
  public readonly prefix: string;
  /** What rclone calls the provider. */
  public readonly provider: string;
  /** Whether the copies are encrypted before they leave the pod. */
  public readonly encryption: OffsiteEncryption;
  /** Authority that has signed the server's certificate; undefined for the public ones. */
  public readonly ca?: TlsAuthority;
  /** Image that rclone is copied from. */
  public readonly rcloneImage: string;
  /** Id of the key. */
  public readonly accessKey: SecretKey;
  /** The key itself. */
  public readonly secretKey: SecretKey;

  private constructor(props: S3BucketProps) {
    const { accessKey, secretKey, ca } = props;
    this.endpoint = checked('endpoint', props.endpoint, /^https:\/\/[A-Za-z0-9.[\]:-]+$/, {
      reason: 'is not the https address of a server',
      remedy: 'Write it like https://s3.eu-central-1.amazonaws.com, without the bucket and without a path',
    });
    this.region = checked('region', props.region, /^[A-Za-z0-9-]+$/, {
      reason: 'is not the name of a region',
      remedy: 'Write what the provider calls it; a server of your own often takes us-east-1',
    });
    this.bucket = checked('bucket', props.bucket, /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
      reason: 'is not the name of a bucket',
      remedy: 'Use 3 to 63 lower-case letters, digits, "." and "-", and put folders into prefix',
    });
    this.prefix = checked(
      'prefix',
      props.prefix ?? '',
      /^([A-Za-z0-9_][A-Za-z0-9_.-]*(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*)?$/,
      {
        reason: 'is not a plain path',
        remedy: 'Use letters, digits, ".", "-" and "_", with single slashes between',
      },
    );
    this.provider = checked('provider', props.provider ?? 'Other', /^[A-Za-z0-9]+$/, {
      reason: 'is not a provider of rclone',
      remedy: 'Write it as rclone does, e.g. AWS, or leave it out',
    });
    if (accessKey === secretKey) {
      throw new InvalidPropError(
        'offsiteTarget.secretKey',
        secretKey.toString(),
        'is the accessKey too',
        'Expect the key of the secret that has the secret part',
      );
    }
    this.rcloneImage = checkImage('offsiteTarget.rcloneImage', props.rcloneImage ?? RCLONE_IMAGE);
    this.accessKey = accessKey;
    this.secretKey = secretKey;
    this.encryption = props.encryption;
    this.ca = ca?.isSystem === true ? undefined : ca;
    accessKey._useFor('the copies in the bucket are reached with it', { trailingNewline: true });
    secretKey._useFor('the copies in the bucket are reached with it', { trailingNewline: true });
    this.ca?.secretKey?._useFor("the certificate of the bucket's server is checked with it", PEM);
  }

  /**
   * The keys of secrets that a pod needs for it.
   * @internal
   */
  public get _secrets(): SecretKey[] {
    const { password, salt } = this.encryption;
    return [this.accessKey, this.secretKey, password, salt, this.ca?.secretKey].filter((key) => key !== undefined);
  }

  /** The place in words, e.g. `https://s3.example.com, bucket dumps/shop`. */
  public toString(): string {
    return `${this.endpoint}, bucket ${this.bucket}${this.prefix === '' ? '' : `/${this.prefix}`}`;
  }
}

function checked(
  property: string,
  value: string,
  pattern: RegExp,
  { reason, remedy }: { reason: string; remedy: string },
): string {
  if (!pattern.test(value)) {
    throw new InvalidPropError(`offsiteTarget.${property}`, value, reason, remedy);
  }
  return value;
}
