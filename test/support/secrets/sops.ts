import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { stringify } from 'yaml';

/** A mapping as YAML has it: the order of its keys is the order of the values in the MAC. */
export interface Tree {
  [key: string]: Tree | Tree[] | string | number | boolean | null;
}

/** An age key, both halves. */
export interface AgeKey {
  readonly identity: string;
  readonly recipient: string;
}

export async function ageKey(): Promise<AgeKey> {
  const { generateIdentity, identityToRecipient } = await import('age-encryption');
  const identity = await generateIdentity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/** What decides which values are encrypted; `encrypted_regex: ^(data|stringData)$` unless set. */
export type Selector = Record<string, string>;

const VALUES: Selector = { encrypted_regex: '^(data|stringData)$' };

/**
 * Writes files as `sops --encrypt` does, for one list of recipients: AES-256-GCM for each value, with its path as
 * additional data and an IV of 32 bytes, a MAC over all values, and the data key encrypted by age.
 */
export class Sops {
  static async for(...recipients: string[]): Promise<Sops> {
    const { armor, Encrypter } = await import('age-encryption');
    const dataKey = randomBytes(32);
    const age = await Promise.all(
      recipients.map(async (recipient) => {
        const encrypter = new Encrypter();
        encrypter.addRecipient(recipient);
        return { recipient, enc: armor.encode(await encrypter.encrypt(dataKey)) };
      }),
    );
    return new Sops(dataKey, age);
  }

  private constructor(
    private readonly dataKey: Buffer,
    private readonly age: { recipient: string; enc: string }[],
  ) {}

  /** The text of a file with these documents; all have the same metadata. */
  yaml(documents: Tree | Tree[], selector: Selector = VALUES): string {
    return this.encrypted(documents, selector)
      .map((tree) => stringify(tree, { lineWidth: 0 }))
      .join('---\n');
  }

  json(document: Tree, selector: Selector = VALUES): string {
    return `${JSON.stringify(this.encrypted(document, selector)[0], null, '\t')}\n`;
  }

  /** An env file; its metadata is flattened. */
  env(values: { [key: string]: string }): string {
    const [{ sops, ...encrypted }] = this.encrypted(values, {}) as [Tree & { sops: Tree }];
    return [...Object.entries(encrypted), ...flattened('sops', { ...sops, unencrypted_suffix: '_unencrypted' })]
      .map(([key, value]) => `${key}=${String(value as string).replaceAll('\n', '\\n')}\n`)
      .join('');
  }

  /** A file of no known format. */
  binary(text: string): string {
    return this.json({ data: text }, {});
  }

  encrypted(documents: Tree | Tree[], selector: Selector = VALUES): Tree[] {
    const hash = createHash('sha512');
    const trees = [documents].flat().map((tree) => this.walk(tree, [], selector, hash) as Tree);
    const lastmodified = '2026-11-23T02:00:00Z';
    const mac = this.encrypt(hash.digest('hex').toUpperCase(), lastmodified);
    const sops = { age: this.age, lastmodified, mac, ...selector, version: '3.10.2' };
    return trees.map((tree) => ({ ...tree, sops }));
  }

  private walk(
    node: Tree[string],
    path: string[],
    selector: Selector,
    hash: ReturnType<typeof createHash>,
  ): Tree[string] {
    if (Array.isArray(node)) return node.map((item) => this.walk(item, path, selector, hash) as Tree);
    if (node === null) return null;
    if (typeof node === 'object') {
      return Object.fromEntries(
        Object.entries(node).map(([key, value]) => [key, this.walk(value, [...path, key], selector, hash)]),
      );
    }
    const text = typeof node === 'boolean' ? (node ? 'True' : 'False') : String(node);
    hash.update(text);
    const type =
      typeof node === 'string' ? 'str' : typeof node === 'boolean' ? 'bool' : Number.isInteger(node) ? 'int' : 'float';
    return isEncrypted(path, selector) ? this.encrypt(text, `${path.join(':')}:`, type) : node;
  }

  /** One value as SOPS writes it; it leaves empty ones alone. */
  encrypt(text: string, additionalData: string, type = 'str'): string {
    if (text === '') return '';
    const iv = randomBytes(32);
    const cipher = createCipheriv('aes-256-gcm', this.dataKey, iv).setAAD(Buffer.from(additionalData));
    const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return `ENC[AES256_GCM,data:${data.toString('base64')},iv:${iv.toString('base64')},tag:${cipher.getAuthTag().toString('base64')},type:${type}]`;
  }
}

function isEncrypted(path: string[], selector: Selector): boolean {
  const [[kind, what]] = Object.entries({
    ...selector,
    ...(Object.keys(selector).length === 0 && { unencrypted_suffix: '_unencrypted' }),
  }) as [[string, string]];
  const matches = path.some((part) => (kind.endsWith('_regex') ? new RegExp(what).test(part) : part.endsWith(what)));
  return kind.startsWith('encrypted') === matches;
}

function flattened(prefix: string, tree: Tree): [string, Tree[string]][] {
  return Object.entries(tree).flatMap(([key, value]): [string, Tree[string]][] => {
    const name = prefix === 'sops' ? `sops_${key}` : `${prefix}__map_${key}`;
    if (Array.isArray(value)) return value.flatMap((one, index) => flattened(`${name}__list_${index}`, one as Tree));
    return [[name, value]];
  });
}
