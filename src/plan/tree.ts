import { statSync } from 'node:fs';
import { extname } from 'node:path';
import { CORE_SCHEMA, loadAll } from 'js-yaml';
import { isCollection } from 'yaml';
import { manifestOf, manifestsOf, type Manifest, type Value } from '../manifests/manifest';
import { MisuseError } from '../errors';
import { duplicateKeys, YamlFile } from '../manifests/yaml-file';
import type { Files, Problem } from './files';
import { folderFiles } from './folder';
import { gitFiles } from './git-files';
import { readStream, stream } from './stream';

/** A synthesized tree, to be compared. */
export interface Tree {
  /** As it was asked for. */
  readonly name: string;
  readonly manifests: readonly Manifest[];
  /** The contents of all files, by path. */
  readonly files: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
  /** Whether it is the output of a tool, and has no files. */
  readonly isStream: boolean;
}

const MANIFESTS = new Set(['.yaml', '.yml', '.json']);

/** Files with more aliases are meant to exhaust the memory. */
const MOST_ALIASES = 1000;

interface Parsed {
  readonly manifests: readonly Manifest[];
  readonly problems: readonly Problem[];
}

/** Reads trees. A file that two trees share is parsed once, and is then the same object. */
export class TreeReader {
  private readonly parsed = new Map<string, Parsed>();

  /**
   * @param name a folder, a file or pipe with rendered manifests, `-` for the standard input, or `ref:path` for a
   * folder or a file in a commit
   * @param option its name in errors
   * @throws MisuseError when it does not exist, or a stream is empty
   */
  read(name: string, option: string): Tree {
    const colon = name.indexOf(':');
    const found = name === '-' ? undefined : statSync(name, { throwIfNoEntry: false });
    if (found?.isDirectory()) return this.tree(name, folderFiles(name));
    if (name === '-' || found !== undefined) return this.rendered(name, readStream(name, option), option);
    if (colon > 0) {
      const read = gitFiles(name.slice(0, colon), name.slice(colon + 1), option);
      return Buffer.isBuffer(read) ? this.rendered(name, stream(read), option) : this.tree(name, read);
    }
    throw new MisuseError(
      `${option} (${name}) is not a folder, nor a file. Name one that exists, a folder in a commit like main:dist, or - ` +
        'for rendered manifests on the standard input',
    );
  }

  /** @param files by path */
  of(name: string, files: { readonly [path: string]: string }): Tree {
    return this.tree(name, {
      files: Object.entries(files).map(([path, text]) => ({ path, content: Buffer.from(text) })),
      problems: [],
    });
  }

  /** @param text the output of a tool */
  ofStream(name: string, text: string): Tree {
    return this.rendered(name, stream(Buffer.from(text)), name);
  }

  /** Refuses an empty stream: a tool that fails prints nothing, and every resource would seem to be gone. */
  private rendered(name: string, files: Files, option: string): Tree {
    const tree = this.tree(name, files, true);
    if (tree.manifests.length === 0 && tree.problems.length === 0)
      throw new MisuseError(
        `${option} (${name}) has no manifest in it. Does the command that renders it succeed? For nothing, name an ` +
          'empty folder',
      );
    return tree;
  }

  private tree(name: string, { files, problems }: Files, isStream = false): Tree {
    const texts = new Map(files.map(({ path, content }) => [path, content.toString('utf8')]));
    const parsed = files
      .filter(({ path }) => isStream || MANIFESTS.has(extname(path).toLowerCase()))
      .map(({ path, content }) => this.parse(path, content, texts.get(path)!));
    return {
      name,
      files: texts,
      manifests: parsed.flatMap(({ manifests }) => manifests),
      problems: [...problems, ...parsed.flatMap((file) => file.problems)],
      isStream,
    };
  }

  private parse(path: string, content: Buffer, text: string): Parsed {
    const key = `${path}\0${text}`;
    const known = this.parsed.get(key) ?? parse(path, content, text);
    this.parsed.set(key, known);
    return known;
  }
}

/** Deeper than any manifest. */
const MOST_LEVELS = 50;

/** Text that may be an alias. */
const ALIAS = /[-:,[{]\s+\*\w|[[{,]\*\w/;

function parse(path: string, content: Buffer, text: string): Parsed {
  if (content.includes(0) || !content.equals(Buffer.from(text)))
    return { manifests: [], problems: [{ file: path, message: 'is not text in UTF-8' }] };
  const documents = ALIAS.test(text) ? undefined : plain(text);
  return documents === undefined
    ? inParts(path, text)
    : { manifests: documents.flatMap((value, index) => objects(path, index, value)), problems: [] };
}

/** The documents of an ordinary file, in a third of the time; undefined for any other file. */
function plain(text: string): Value[] | undefined {
  try {
    const documents = loadAll(text, undefined, { schema: CORE_SCHEMA }) as Value[];
    return documents.some((value) => isDeeper(value, MOST_LEVELS)) ? undefined : documents;
  } catch {
    return undefined;
  }
}

function isDeeper(value: Value, levels: number): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    (levels === 0 || Object.values(value).some((inner: Value) => isDeeper(inner, levels - 1)))
  );
}

/** The readable part of a file, and the problems of the rest. */
function inParts(path: string, text: string): Parsed {
  const yaml = new YamlFile(path, text);
  const problems: Problem[] =
    yaml.problem === undefined
      ? []
      : [
          {
            file: path,
            line: yaml.problem.line,
            message: yaml.problem.message.replace(/^The file /, '').replace('checked', 'compared'),
          },
        ];
  const manifests = yaml.documents.flatMap((document, index) => {
    for (const node of duplicateKeys(document.contents).slice(0, 1)) {
      problems.push({
        file: path,
        line: yaml.place(node).line,
        message: 'has the same key twice, and only the last one was compared',
      });
    }
    if (document.contents === null || (document.errors.length > 0 && !isCollection(document.contents))) return [];
    try {
      return objects(path, index, document.toJS({ maxAliasCount: MOST_ALIASES }) as Value);
    } catch {
      problems.push({ file: path, message: 'has aliases that cannot be resolved, and was not compared' });
      return [];
    }
  });
  return { manifests, problems };
}

/** The objects of a document: an object, the items of a list, or another value, which is compared by its place. */
function objects(file: string, index: number, value: Value): Manifest[] {
  if (value === null || value === undefined) return [];
  if (manifestOf(file, value) !== undefined) return manifestsOf(file, value);
  return [
    { file, apiVersion: '', kind: `document ${index + 1}`, namespace: '', name: '', object: { document: value } },
  ];
}
