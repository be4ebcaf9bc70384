/** A text without control characters. Names come from the repo: none may move the cursor or colour a terminal. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** The lines of a text, wrapped to a number of columns and indented. */
export function wrapped(text: string, columns: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    if (lines.at(-1)!.length + word.length + 3 > columns && lines.at(-1) !== '') lines.push('');
    lines.push(`${lines.pop()!} ${word}`);
  }
  return lines.map((line) => ` ${line}`);
}
