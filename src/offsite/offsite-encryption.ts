import { InvalidPropError } from '../errors';
import { SecretKey } from '../secrets/secret-key';

/** The encryption of copies, before they leave the pod. */
export class OffsiteEncryption {
  /**
   * Encrypted in the pod, by a crypt remote of rclone: the contents, and not the names of the files. Without the
   * password or the salt, every copy is lost, so keep both in a place that outlives the cluster. Neither can be changed
   * for a prefix that has copies: use another prefix for another password.
   * Each object itself tells whether today's password opens it. A copy, and a restore or a drill of a copy, check that
   * first, so `sameAsDump` is not needed. With it, restores of dumps on the claim still ask for neither.
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

  /** Not encrypted, on purpose: each reader of the bucket can read the database. */
  public static none(): OffsiteEncryption {
    return new OffsiteEncryption();
  }

  private constructor(
    /** Password of the encryption; undefined for none. */
    public readonly password?: SecretKey,
    /** Salt that strengthens the password; undefined for none. */
    public readonly salt?: SecretKey,
  ) {}
}
