import { InvalidPropError } from '../errors';
import { SecretKey } from '../secrets/secret-key';
import { TlsAuthority } from './tls-authority';

/** A certificate that the client shows to the server, and its key. */
export interface TlsClientCertificate {
  /** The certificate in PEM, and those between it and the authority, e.g. the `tls.crt` of cert-manager. */
  readonly certificate: SecretKey;
  /** The certificate's key in PEM, without a passphrase, e.g. the `tls.key` of cert-manager. */
  readonly key: SecretKey;
}

/** Files in PEM end with a line break. */
export const PEM = { trailingNewline: true };

/** Options of an encrypted connection. */
export interface TlsOptions {
  /**
   * Certificate that the client shows.
   * @default - none
   */
  readonly clientCertificate?: TlsClientCertificate;
}

/**
 * Encryption of the connections to the server, and the check of its certificate.
 * Rule: https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION
 */
export class Tls {
  /**
   * Encrypted, with a certificate of that authority for the host of the connection. It protects against a listener and
   * against an impostor of the server.
   * @throws InvalidPropError when the certificate and the key of the client are the same value
   */
  public static verifyFull(authority: TlsAuthority, options: TlsOptions = {}): Tls {
    return new Tls('verify-full', authority, options);
  }

  /**
   * Encrypted, with a certificate of that authority for any host. It is as good as `verifyFull` if the authority signs
   * for this server alone, as those of operators do.
   * @throws InvalidPropError when the authority is the system's, or as `verifyFull`
   */
  public static verifyCa(authority: TlsAuthority, options: TlsOptions = {}): Tls {
    if (authority.isSystem) {
      throw new InvalidPropError(
        'tls',
        'verify-ca',
        'with the authorities of the system proves nothing: a certificate of theirs for another name is easy to have',
        'Use Tls.verifyFull(TlsAuthority.system())',
      );
    }
    return new Tls('verify-ca', authority, options);
  }

  /**
   * Encrypted, with any certificate. It protects against a listener, but not against an impostor of the server.
   * @throws InvalidPropError as `verifyFull`
   */
  public static require(options: TlsOptions = {}): Tls {
    return new Tls('require', undefined, options);
  }

  /**
   * Not encrypted, on purpose. A listener reads all data, but not the password if the server asks for it by SCRAM.
   */
  public static disable(): Tls {
    return new Tls('disable', undefined, {});
  }

  /** The certificate that the client shows; undefined for none. */
  public readonly clientCertificate?: TlsClientCertificate;

  private constructor(
    /** The mode as libpq names it: `verify-full`, `verify-ca`, `require` or `disable`. */
    public readonly mode: string,
    /** The authority that has signed the server's certificate; undefined if the certificate is not checked. */
    public readonly authority: TlsAuthority | undefined,
    options: TlsOptions,
  ) {
    const { clientCertificate } = options;
    if (clientCertificate !== undefined && clientCertificate.certificate === clientCertificate.key) {
      throw new InvalidPropError(
        'tls.clientCertificate.key',
        clientCertificate.key.toString(),
        'is the certificate too',
        'Expect the key of the secret that has the private key, e.g. tls.key',
      );
    }
    this.clientCertificate = clientCertificate;
    authority?.secretKey?._useFor("the server's certificate is checked with it", PEM);
    clientCertificate?.certificate._useFor('the client shows it to the server', PEM);
    clientCertificate?.key._useFor('the client proves with it that the certificate is its own', PEM);
  }
}
