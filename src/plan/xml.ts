import { printable } from '../reports/text';

/** An element of XML, as text. */
export function element(
  name: string,
  attributes: { readonly [name: string]: string | number },
  ...children: readonly string[]
): string {
  const told = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escaped(String(value))}"`)
    .join('');
  return children.length === 0 ? `<${name}${told}/>` : `<${name}${told}>${children.join('')}</${name}>`;
}

/** Text as XML has it. */
export function escaped(text: string): string {
  const plain = printable(Buffer.from(text).toString()).replaceAll(/[\ufffe\uffff]/g, '\ufffd');
  return plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
