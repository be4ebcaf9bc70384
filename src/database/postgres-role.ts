import { SecretKey } from '../secrets/secret-key';

/** A role that logs in. */
export interface PostgresRole {
  /** Name of the role, in any spelling that PostgreSQL allows, up to 63 bytes. */
  readonly user: string;
  /** The role's password. */
  readonly password: SecretKey;
}
