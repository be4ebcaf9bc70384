import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { atEndOfFile } from '../machine/leftovers';
import { freshFolder } from '../machine/run-folder';
import { type AgeKey, ageKey, Sops, type Tree } from './sops';

export const NAMESPACE = 'identity-internal';
export const DB_FILE = 'k8s/prod/20-secrets-db.enc.yaml';
export const ZITADEL_FILE = 'k8s/prod/21-secrets-zitadel.enc.yaml';
export const MASTERKEY = 'MasterkeyNeedsToHave32Characters';

/** A repo by its files: path and text. */
export type Files = Record<string, string>;

export function secret(name: string, stringData: Tree, more: Tree = {}): Tree {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: NAMESPACE },
    type: 'Opaque',
    stringData,
    ...more,
  };
}

export const DB_SECRET = secret('zitadel-db-secret', { POSTGRES_PASSWORD: 'a password, "quoted"' });
export const ZITADEL_SECRET = secret('zitadel-secret', { masterkey: MASTERKEY });

/** The repo of the runbook, as it should be. */
export async function runbook(): Promise<{ key: AgeKey; sops: Sops; files: Files }> {
  const key = await ageKey();
  const sops = await Sops.for(key.recipient);
  const files = {
    '.sops.yaml':
      'creation_rules:\n  - path_regex: \\.enc\\.yaml$\n    encrypted_regex: ^(data|stringData)$\n    age: ' +
      `${key.recipient}\n`,
    'README.md': '# A repo\n',
    'k8s/prod/00-namespace.yaml': `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${NAMESPACE}\n`,
    [DB_FILE]: sops.yaml(DB_SECRET),
    [ZITADEL_FILE]: sops.yaml(ZITADEL_SECRET),
  };
  return { key, sops, files };
}

/** Writes the files into a fresh folder, which goes with the test file. */
export function written(files: Files): string {
  const folder = freshFolder('repo');
  atEndOfFile(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}
