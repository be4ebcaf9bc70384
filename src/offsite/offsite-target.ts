import { TlsAuthority } from '../database/tls-authority';
import { PEM } from '../database/tls';
import { InvalidPropError } from '../errors';
import { checkImage } from '../kubernetes/image';
import { SecretKey } from '../secrets/secret-key';
import { OffsiteEncryption } from './offsite-encryption';

/** A bucket of a server that speaks S3, and the key that may write to it. */
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
   * The provider as rclone names it, e.g. `AWS`, `Ceph` or `Minio`. rclone knows the peculiarities of each.
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
   * @default - the public authorities of rclone's image
   */
  readonly ca?: TlsAuthority;
  /**
   * Image to copy `rclone` from, with a tag or a digest. It must have `sh` and `cp`, and a `rclone` that is linked
   * statically.
   * @default 'rclone/rclone:1.75.2'
   */
  readonly rcloneImage?: string;
}

/** Any remote of rclone, and a folder of it. */
export interface RcloneRemoteProps {
  /** The whole configuration file of rclone, which `rclone config file` finds. It must not be encrypted. */
  readonly config: SecretKey;
  /** Name of the remote in it, without a colon. */
  readonly remote: string;
  /**
   * Folder of the remote, below which each database has its own, e.g. `dumps/internal`. A remote of S3 begins with the
   * bucket.
   * @default - the root of the remote
   */
  readonly prefix?: string;
  /** Whether the copies are encrypted before they leave the pod. */
  readonly encryption: OffsiteEncryption;
  /**
   * Image to copy `rclone` from, with a tag or a digest. It must have `sh` and `cp`, and a `rclone` that is linked
   * statically.
   * @default 'rclone/rclone:1.75.2'
   */
  readonly rcloneImage?: string;
}

/** The release that the tests use. */
export const RCLONE_IMAGE = 'rclone/rclone:1.75.2';

/** The place of the copies, which outlives the cluster and the NAS. */
export class OffsiteTarget {
  /**
   * A bucket.
   * @throws InvalidPropError
   */
  public static s3(props: S3BucketProps): OffsiteTarget {
    const { accessKey, secretKey, ca } = props;
    const endpoint = checked('endpoint', props.endpoint, /^https:\/\/[A-Za-z0-9.[\]:-]+$/, {
      reason: 'is not the https address of a server',
      remedy: 'Write it like https://s3.eu-central-1.amazonaws.com, without the bucket and without a path',
    });
    const region = checked('region', props.region, /^[A-Za-z0-9-]+$/, {
      reason: 'is not the name of a region',
      remedy: 'Write what the provider calls it; a server of your own often takes us-east-1',
    });
    const bucket = checked('bucket', props.bucket, /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
      reason: 'is not the name of a bucket',
      remedy: 'Use 3 to 63 lower-case letters, digits, "." and "-", and put folders into prefix',
    });
    const provider = checked('provider', props.provider ?? 'Other', /^[A-Za-z0-9]+$/, {
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
    const authority = ca?.isSystem === true ? undefined : ca;
    [accessKey, secretKey].forEach((key) => key._useFor(REACHED, { trailingNewline: true }));
    authority?.secretKey?._useFor("the certificate of the bucket's server is checked with it", PEM);
    const { encryption } = props;
    return new OffsiteTarget(props.prefix, props.rcloneImage, {
      encryption,
      endpoint,
      region,
      bucket,
      provider,
      accessKey,
      secretKey,
      ca: authority,
    });
  }

  /**
   * Any other place that rclone reaches, e.g. a server by SFTP. Such a place may overwrite a file, and may keep an
   * incomplete file: never run two copies at the same time.
   * Rule: https://rclone.org/docs/#config-file
   * @throws InvalidPropError
   */
  public static rclone(props: RcloneRemoteProps): OffsiteTarget {
    const { config, encryption } = props;
    const remote = checked('remote', props.remote, /^(?!(bucket|copies)$)[A-Za-z0-9_][A-Za-z0-9_.-]*$/, {
      reason: 'is not the name of a remote, or one of ours',
      remedy:
        'Write what stands in brackets in the configuration: letters, digits, ".", "-", "_"; not bucket or copies',
    });
    config._useFor(REACHED, { trailingNewline: true });
    return new OffsiteTarget(props.prefix, props.rcloneImage, { encryption, remote, config });
  }

  /** Address of the server; undefined for a remote of rclone. */
  public readonly endpoint?: string;
  /** Region of the bucket; undefined for a remote of rclone. */
  public readonly region?: string;
  /** Name of the bucket; undefined for a remote of rclone. */
  public readonly bucket?: string;
  /** Folder in the bucket or of the remote; empty for none. */
  public readonly prefix: string;
  /** The provider as rclone names it; undefined for a remote of rclone. */
  public readonly provider?: string;
  /** Whether the copies are encrypted before they leave the pod. */
  public readonly encryption: OffsiteEncryption;
  /** Authority that has signed the server's certificate; undefined for the public ones. */
  public readonly ca?: TlsAuthority;
  /** Image that rclone is copied from. */
  public readonly rcloneImage: string;
  /** Id of the key; undefined for a remote of rclone. */
  public readonly accessKey?: SecretKey;
  /** The key itself; undefined for a remote of rclone. */
  public readonly secretKey?: SecretKey;
  /** Name of the remote of rclone; undefined for a bucket. */
  public readonly remote?: string;
  /** Configuration of rclone; undefined for a bucket. */
  public readonly config?: SecretKey;

  private constructor(prefix: string | undefined, rcloneImage: string | undefined, place: Place) {
    this.prefix = checked('prefix', prefix ?? '', /^([A-Za-z0-9_][A-Za-z0-9_.-]*(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*)?$/, {
      reason: 'is not a plain path',
      remedy: 'Use letters, digits, ".", "-" and "_", with single slashes between',
    });
    this.rcloneImage = checkImage('offsiteTarget.rcloneImage', rcloneImage ?? RCLONE_IMAGE);
    this.encryption = place.encryption;
    this.endpoint = place.endpoint;
    this.region = place.region;
    this.bucket = place.bucket;
    this.provider = place.provider;
    this.accessKey = place.accessKey;
    this.secretKey = place.secretKey;
    this.ca = place.ca;
    this.remote = place.remote;
    this.config = place.config;
  }

  /**
   * The keys of secrets that a pod needs for it.
   * @internal
   */
  public get _secrets(): SecretKey[] {
    const { password, salt } = this.encryption;
    const { accessKey, secretKey, config, ca } = this;
    return [accessKey, secretKey, config, password, salt, ca?.secretKey].filter((key) => key !== undefined);
  }

  /**
   * The server or remote, in words.
   * @internal
   */
  public get _server(): string {
    return this.endpoint ?? `rclone's remote ${this.remote}`;
  }

  /** The place in words, e.g. `https://s3.example.com, bucket dumps/shop`. */
  public toString(): string {
    const path = [this.bucket, this.prefix].filter((part) => part !== undefined && part !== '').join('/');
    const noun = this.bucket === undefined ? 'folder' : 'bucket';
    return path === '' ? this._server : `${this._server}, ${noun} ${path}`;
  }
}

type Place = Pick<OffsiteTarget, 'encryption' | 'endpoint' | 'region' | 'bucket' | 'provider' | 'ca'> &
  Pick<OffsiteTarget, 'accessKey' | 'secretKey' | 'remote' | 'config'>;

const REACHED = 'the copies are reached with it';

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
