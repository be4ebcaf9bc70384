import { checkLine } from './runbook-probe';

/** Data that a restore does not bring back, on purpose. The runbook says so before a person misses it. */
export interface Exemption {
  /** The data that is not backed up, in one line, e.g. "sessions in Redis". */
  readonly what: string;
  /** The reason why that does no harm, or the remedy, in one line. */
  readonly because: string;
}

/** @throws InvalidPropError when one of the two is empty or has a line break */
export function checkExemption({ what, because }: Exemption): void {
  for (const [property, text] of Object.entries({ what, because })) {
    checkLine(
      `runbook.notBackedUp.${property}`,
      text,
      'Say in one line what is missing after a restore, and why that is all right',
    );
  }
}
