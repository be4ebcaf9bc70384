import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiFindings } from '../support/manifests/public-api';
import { atEndOfFile } from '../support/machine/leftovers';
import { freshFolder } from '../support/machine/run-folder';

test('nothing in the public API keeps jsii from other languages', () => {
  expect(apiFindings(join(__dirname, '../../src/index.ts'))).toEqual([]);
});

test('each rule finds what breaks it', () => {
  const folder = freshFolder('public-api');
  atEndOfFile(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'index.ts');
  writeFileSync(
    file,
    `
    interface Hidden { readonly a: string }
    export type Alias = string;
    export enum Fine { A = 'a', B = 'b' }
    export interface IThing { readonly maybe?: string }
    export interface Struct extends IThing {
      writable: string;
      readonly union: string | number;
      readonly inline: { readonly a: string };
      readonly hidden?: Hidden[];
      readonly literal: 'a';
      readonly map: { readonly [name: string]: number };
      readonly callback: () => void;
      readonly fixed: readonly string[];
      readonly tuple: [string, string];
      readonly fine?: Fine;
      readonly fineMap: { [name: string]: string };
      readonly fineList?: string[];
    }
    export class Thing implements IThing {
      public readonly maybe: string = '';
      private secret: string | number = 1;
      public constructor(early: string | undefined, late: boolean, public written: string) { this.secret = String(early) + late + written; }
      public generic<T extends string>(value: T): void { this.secret = value; }
      public set it(value: string) { this.secret = value; }
      /** @internal */
      public _hidden(value: Hidden): void {}
      /** @internal */
      public named: Hidden[] = [];
      public _open(): void {}
      public fine(flag: boolean, choice: Fine = Fine.A): string[] { return [String(flag), choice]; }
    }
  `,
  );
  expect(apiFindings(file)).toMatchInlineSnapshot(`
[
  "Alias: is neither a class nor an interface nor an enum",
  "Struct: is a struct, and IThing is not",
  "Struct.writable: can be written",
  "Struct.union: is a union, string | number",
  "Struct.inline: is not of the API, { readonly a: string; }",
  "Struct.hidden: is not of the API, Hidden",
  "Struct.literal: is a literal",
  "Struct.map: is a map of other things than strings",
  "Struct.callback: is not of the API, () => void",
  "Struct.fixed: is a readonly array",
  "Struct.tuple: is not of the API, [string, string]",
  "Thing.maybe: is optional in IThing",
  "Thing.written: can be written",
  "Thing(early): is optional before one that is not",
  "Thing.generic: has type parameters",
  "Thing.generic(value): is not of the API, T",
  "Thing.it: can be written",
  "Thing.named: is not both @internal and named with an underscore",
  "Thing._open: is not both @internal and named with an underscore",
]
`);
});
