import { SecretKey } from '../secrets/secret-key';
import { TlsClientCertificate } from './tls';

/** A role that logs in. */
export interface PostgresRole {
  /** Name of the role, in any spelling that PostgreSQL allows, up to 63 bytes. */
  readonly user: string;
  /** The role's password. */
  readonly password: SecretKey;
  /**
   * Certificate that this role shows to the server.
   * @default - that of `tls`; a server that compares names (`clientcert=verify-full`) accepts it for the dumping role
   * alone
   */
  readonly clientCertificate?: TlsClientCertificate;
}
