import {
  Composer,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  visit,
  type CST,
  type Document,
  type Node,
  type YAMLMap,
} from 'yaml';
import { finding, type Finding, type Place } from '../reports/findings';

/** No manifest is nested as deeply as this. Parsing deeper files would exhaust the stack. */
const MOST_LEVELS = 100;

/**
 * A file with YAML or JSON: its documents, and the places of their nodes. A syntax error is a problem of the file, and
 * the documents have the readable part. The parser's own messages quote the text, so only its codes are shown.
 */
export class YamlFile {
  readonly documents: readonly Document[];
  /** The first error in the file. */
  readonly problem: Finding | undefined;
  private readonly lines = new LineCounter();

  constructor(
    readonly path: string,
    text: string,
    private readonly base: Place = { file: path, line: 1, column: 1 },
  ) {
    const documents: Document[] = [];
    try {
      // The caller checks that keys are unique: the parser takes quadratic time for it.
      for (const document of new Composer({
        uniqueKeys: false,
        prettyErrors: false,
        stringKeys: false,
        logLevel: 'error',
      }).compose(this.tokens(text))) {
        documents.push(document);
      }
    } catch (error) {
      this.problem = this.broken(text.length, (error as Error).message);
    }
    const errors = documents.flatMap((document) => document.errors);
    if (this.problem === undefined && errors[0] !== undefined) {
      this.problem = this.broken(errors[0].pos[0], errors[0].code.toLowerCase().replaceAll('_', ' '));
    }
    this.documents = documents;
  }

  place(node: Node | undefined | null): Place {
    return this.placeAt(node?.range?.[0] ?? 0);
  }

  private placeAt(offset: number): Place {
    const { line, col } = this.lines.linePos(offset);
    return {
      file: this.base.file,
      line: this.base.line + Math.max(line, 1) - 1,
      column: this.base.column + Math.max(col, 1) - 1,
    };
  }

  private *tokens(text: string): Generator<CST.Token> {
    const parser = new Parser(this.lines.addNewLine);
    this.lines.addNewLine(0);
    for (const lexeme of new Lexer().lex(text)) {
      yield* parser.next(lexeme);
      if (parser.stack.length > 2 * MOST_LEVELS) throw new Error(`nested more than ${MOST_LEVELS} levels deep`);
    }
    yield* parser.end();
  }

  private broken(offset: number, reason: string): Finding {
    return finding(
      'yaml-broken',
      this.placeAt(offset),
      `The file is not YAML from here on (${reason}); what follows was not checked`,
      'Restore the file from Git, or correct it',
    );
  }
}

/** The value of a key; undefined if the node is not a mapping or lacks the key. Aliases are followed. */
export function child(document: Document, node: unknown, key: string): Node | undefined {
  if (!isMap(node)) return undefined;
  return resolved(document, node.items.find((pair) => keyOf(pair.key) === key)?.value);
}

/** The node itself, or the target of an alias. */
export function resolved(document: Document, node: unknown): Node | undefined {
  return isAlias(node) ? targets(document).get(node) : isNode(node) ? node : undefined;
}

const TARGETS = new WeakMap<Document, Map<Node, Node>>();

/** The target of each alias, found in one pass: the library's own way takes a pass for each. */
function targets(document: Document): Map<Node, Node> {
  const known = TARGETS.get(document);
  if (known !== undefined) return known;
  const found = new Map<Node, Node>();
  const anchors = new Map<string, Node>();
  visit(document, {
    Alias: (_, alias) => {
      const target = anchors.get(alias.source);
      if (target !== undefined) found.set(alias, target);
    },
    Value: (_, node) => {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  TARGETS.set(document, found);
  return found;
}

/** The text of a scalar that is a string. */
export function text(node: unknown): string | undefined {
  return isScalar(node) && typeof node.value === 'string' ? node.value : undefined;
}

export function childText(document: Document, node: unknown, key: string): string | undefined {
  return text(child(document, node, key));
}

export function items(document: Document, node: unknown): Node[] {
  return isSeq(node) ? node.items.map((item) => resolved(document, item)).filter((item) => item !== undefined) : [];
}

/** The name of a key, even if it is not a string. */
export function keyOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : '';
}

/** Keys that a mapping at or below the node has twice. */
export function duplicateKeys(node: unknown): Node[] {
  if (isSeq(node)) return node.items.flatMap(duplicateKeys);
  if (!isMap(node)) return [];
  const seen = new Set<string>();
  return (node as YAMLMap<Node>).items.flatMap(({ key, value }) => {
    const again = isScalar(key) && seen.has(keyOf(key)) ? [key as Node] : [];
    seen.add(keyOf(key));
    return [...again, ...duplicateKeys(value)];
  });
}
