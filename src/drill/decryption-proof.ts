import type { SecretKey } from '../secrets/secret-key';
import { InvalidPropError } from '../errors';

/**
 * A proof that a secret still opens the data: restored data can be right in every row and yet be worth nothing. Only
 * the application knows which data is encrypted and how, so the proof is SQL of its own.
 */
export interface DecryptionProof {
  /** The subject of the proof, in a few words of up to 200 characters, for logs and manifests. */
  readonly name: string;
  /** The key that must open the data: a key of a secret of the chart's namespace. */
  readonly key: SecretKey;
  /**
   * Commands for psql that decide whether the key opens the data of the restored database. They run in it as superuser
   * of a server that is thrown away afterwards, and need not clean up.
   *
   * The key is in a file, whose path is the psql variable `key_file`. The server, in the same pod, reads that file with
   * `pg_read_binary_file(:'key_file')`, so that the key is in no argument, query or log.
   *
   * The output is a line per key of the data, and nothing else. A line has three fields with tabs between them: the id
   * of the key (`-` for the data as a whole), the verdict and the reason. The verdicts are `proven` (the key has
   * certainly opened encrypted data), `refuted` (it did not open data that it must open), `unproven` (no data can tell)
   * and `unneeded` (no data is ever encrypted with it). The exit status is 0 whenever there are verdicts. Neither the
   * output nor an error message may have a byte of a key or of the opened data.
   *
   * The proof as a whole is refuted when a key is refuted, else proven when a key is proven, else unproven.
   */
  readonly sql: string;
}

/** @throws InvalidPropError */
export function checkProof({ name, key, sql }: DecryptionProof): void {
  if (!/^[^\r\n\t]{1,200}$/.test(name) || name.trim() === '') {
    throw new InvalidPropError(
      'restoreDrill.proof.name',
      name,
      'is empty, has a line break or a tab, or is too long',
      'Say in a few words what is proven',
    );
  }
  if (!key.isLocal) {
    throw new InvalidPropError(
      'restoreDrill.proof.key',
      key.toString(),
      'is in another namespace, and pods cannot read it',
      "Expect a key of a secret of the chart's namespace",
    );
  }
  if (!sql.includes(":'key_file'")) {
    throw new InvalidPropError(
      'restoreDrill.proof.sql',
      sql.slice(0, 80),
      'does not read the key',
      "Read it in the server: pg_read_binary_file(:'key_file')",
    );
  }
}
