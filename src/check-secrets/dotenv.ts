/** A line of an env file. */
export interface EnvLine {
  readonly key: string;
  readonly value: string;
  /** From 1. */
  readonly line: number;
}

/** The lines of an env file as kustomize reads them: without comments and empty lines, and with quotes as they are. */
export function dotenv(text: string): EnvLine[] {
  return text.split(/\r?\n/).flatMap((whole, index) => {
    const line = whole.replace(/^\ufeff/, '').trimStart();
    const at = line.indexOf('=');
    if (line === '' || line.startsWith('#') || at < 1) return [];
    return [{ key: line.slice(0, at), value: line.slice(at + 1), line: index + 1 }];
  });
}

const PREFIX = 'sops_';

/** True if a key belongs to the metadata of SOPS in an env file. */
export function isSopsKey(key: string): boolean {
  return key.startsWith(PREFIX);
}

type Tree = { [key: string]: Tree | string };

/** The metadata of SOPS in an env file: `sops_age__list_0__map_enc` stands for `age[0].enc`. */
export function sopsOfEnv(lines: readonly EnvLine[]): object {
  const tree: Tree = {};
  for (const { key, value } of lines.filter((line) => isSopsKey(line.key))) {
    const path = key.slice(PREFIX.length).split('__');
    let node = tree;
    for (const part of path.slice(0, -1)) {
      const next = Object.hasOwn(node, part) ? node[part] : undefined;
      node = typeof next === 'object' ? next : (define(node, part, {}) as Tree);
    }
    define(node, path.at(-1)!, value.replaceAll('\\n', '\n'));
  }
  return listed(tree) as object;
}

/** Sets a key by definition: a key of a file may be `__proto__`. */
function define(node: Tree, key: string, value: Tree | string): Tree | string {
  Object.defineProperty(node, key, { value, enumerable: true, configurable: true, writable: true });
  return value;
}

function listed(node: Tree | string): unknown {
  if (typeof node === 'string') return node;
  const entries = Object.entries(node);
  const isList = entries.length > 0 && entries.every(([key]) => /^list_\d+$/.test(key));
  return isList
    ? entries.map(([, value]) => listed(value))
    : Object.fromEntries(entries.map(([key, value]) => [key.replace(/^map_/, ''), listed(value)]));
}
