import type { SecretKey } from '../secrets/secret-key';
import { InvalidPropError } from '../errors';

/**
 * A proof that a secret still opens the data, in the words of the application, which alone knows what is encrypted and
 * how. What is restored can be right in every row and yet be worth nothing.
 */
export interface DecryptionProof {
  /** What is proven, in a few words of up to 200 characters, for logs and manifests. */
  readonly name: string;
  /** The key that must open the data: a key of a secret of the chart's namespace. */
  readonly key: SecretKey;
  /**
   * Commands for psql that decide whether the key opens what is in the restored database. They run there as superuser
   * of a server that is thrown away afterwards, and may leave in it what they like.
   *
   * The key is in a file, whose path is the psql variable `key_file`. The server runs in the same pod as the same user
   * and is the one to read it, with `pg_read_binary_file(:'key_file')`: so the key is in no argument, query or log.
   *
   * The output is a line per key of the data, of three fields with tabs between them, and nothing else: the id of the
   * key (`-` where it is about none of them), the verdict and the reason. The verdict is `proven` (the key opened
   * something that is certainly what was encrypted), `refuted` (it did not open what it must open), `unproven` (nothing
   * in the data can tell) or `unneeded` (nothing in the data is ever encrypted with it). The exit status is 0 whenever
   * there are verdicts. No byte of a key or of what it opened may be in the output, nor in the message of an error.
   *
   * As a whole the proof is refuted when a key is, else proven when a key is, else unproven.
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
