import { checkDataKey, checkName } from '../kubernetes/names';
import { SecretKey } from '../secrets/secret-key';

/** The place of the certificates of the authority that has signed the server's certificate. */
export class TlsAuthority {
  /**
   * A key of a ConfigMap in the namespace of the workload, in PEM. Certificates are public: a ConfigMap is the usual
   * place.
   * @param name name of the ConfigMap
   * @param key key in the ConfigMap; default `ca.crt`
   * @throws InvalidPropError when one of them is not legal
   */
  public static configMap(name: string, key: string = 'ca.crt'): TlsAuthority {
    checkName('tlsAuthority.name', name);
    checkDataKey('tlsAuthority.key', key, 'ConfigMap');
    return new TlsAuthority(`ConfigMap ${name}, key ${key}`, name, key);
  }

  /**
   * A key of a secret, in PEM, e.g. the `ca.crt` that cert-manager and operators write beside a certificate.
   * @param key what `SecretExpectations` returned
   */
  public static secret(key: SecretKey): TlsAuthority {
    return new TlsAuthority(key.toString(), undefined, undefined, key);
  }

  /**
   * The authorities that the image itself trusts, for certificates of a public authority. It needs PostgreSQL 16 or
   * later and an image that has such authorities. It goes with `Tls.verifyFull` alone: an attacker can get a
   * certificate of a public authority for another name.
   */
  public static system(): TlsAuthority {
    return new TlsAuthority("the image's own list of authorities");
  }

  private constructor(
    private readonly words: string,
    /** Name of the ConfigMap; undefined for another place. */
    public readonly configMapName?: string,
    /** Key in the ConfigMap; undefined for another place. */
    public readonly configMapKey?: string,
    /** Key of the secret; undefined for another place. */
    public readonly secretKey?: SecretKey,
  ) {}

  /** True for the authorities that the image itself trusts. */
  public get isSystem(): boolean {
    return this.configMapName === undefined && this.secretKey === undefined;
  }

  /** The place in words, e.g. `ConfigMap shop-ca, key ca.crt`. */
  public toString(): string {
    return this.words;
  }
}
