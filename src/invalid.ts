/**
 * The error for bad input. Its message names the property, the value that was given, the reason and the remedy.
 */
export class InvalidPropError extends Error {
  constructor(property: string, value: unknown, reason: string, remedy: string) {
    super(`${property} (${shown(value)}) ${reason}. ${remedy}`);
    this.name = 'InvalidPropError';
  }
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
