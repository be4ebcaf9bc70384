import { InvalidPropError } from '../errors';
import { SecretKey } from '../secrets/secret-key';

/** Whether the copies in a bucket are encrypted before they leave the pod. */
export class OffsiteEncryption {
  /**
   * Encrypted in the pod, as the crypt remotes of rclone are: contents, and not the names of the files. Who loses the
   * password or the salt loses every copy, so keep both where the cluster's end is not theirs. Neither can be changed
   * for a prefix that has copies: use another prefix for another password.
   * Each object tells by itself whether today's password opens it. A copy, and a restore or a drill of a copy, look at
   * that first, so `sameAsDump` is not needed; with it, restores of dumps on the claim ask for neither all the same.
   * Rule: https://rclone.org/crypt/
   * @param password at least 16 random characters in one line
   * @param salt likewise, and not the same value
   * @throws InvalidPropError when both are the same value
   */
  public static crypt(password: SecretKey, salt: SecretKey): OffsiteEncryption {
    if (password === salt) {
      throw new InvalidPropError(
        'offsiteEncryption.salt',
        salt.toString(),
        'is the password too',
        'Expect another key of the secret for it',
      );
    }
    password._useFor('without it no copy in the bucket can be decrypted', { trailingNewline: true });
    salt._useFor('without it no copy in the bucket can be decrypted', { trailingNewline: true });
    return new OffsiteEncryption(password, salt);
  }

  /** Not encrypted, by choice: each reader of the bucket reads the database. */
  public static none(): OffsiteEncryption {
    return new OffsiteEncryption();
  }

  private constructor(
    /** What the copies are encrypted with; undefined for none. */
    public readonly password?: SecretKey,
    /** What the password is strengthened with; undefined for none. */
    public readonly salt?: SecretKey,
  ) {}
}
