import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../machine/machine';
import { atEndOfFile } from '../machine/leftovers';
import { freshFolder } from '../machine/run-folder';

/** A certificate and its key, in PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

const NEW_KEY = ['-nodes', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

/** An authority that signs what it is asked to. */
export class Authority {
  /** Its own certificate, in PEM. */
  readonly certificate: string;
  private readonly folder = freshFolder('authority');

  constructor(name: string) {
    atEndOfFile(() => rmSync(this.folder, { recursive: true }));
    this.openssl(
      'req',
      '-x509',
      ...NEW_KEY,
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      'ca.key',
      '-out',
      'ca.crt',
    );
    this.certificate = this.read('ca.crt');
  }

  /**
   * Signs a new certificate.
   * @param alternatives names and addresses as OpenSSL has them, e.g. `DNS:localhost`
   * @param days how long it is valid from now on; it has expired where they are negative
   */
  sign(name: string, alternatives: readonly string[] = [], days = 2): Certificate {
    this.openssl('req', '-new', ...NEW_KEY, '-utf8', '-subj', `/CN=${name}`, '-keyout', 'own.key', '-out', 'own.csr');
    writeFileSync(
      join(this.folder, 'extensions'),
      alternatives.length === 0 ? '' : `subjectAltName=${alternatives.join()}\n`,
    );
    const by = [
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      String(days),
      '-extfile',
      'extensions',
    ];
    this.openssl('x509', '-req', '-in', 'own.csr', ...by, '-out', 'own.crt');
    return { certificate: this.read('own.crt'), key: this.read('own.key') };
  }

  private read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8');
  }

  private openssl(...words: string[]): void {
    run(['env', '-C', this.folder, 'openssl', ...words]);
  }
}
