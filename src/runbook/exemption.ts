import { InvalidPropError } from '../errors';

/** Something that a restore does not bring back, and why that is all right. */
export interface ExemptionOptions {
  /** What is not backed up, e.g. "sessions in Redis". */
  readonly what: string;
  /** Why that does no harm, or what is done about it instead. */
  readonly because: string;
}

/** What is deliberately not backed up. Whoever restores reads it before they miss it. */
export class Exemption {
  /** @throws InvalidPropError when one of the two is empty or has a line break. */
  public static of(options: ExemptionOptions): Exemption {
    return new Exemption(options.what, options.because);
  }

  private constructor(
    public readonly what: string,
    public readonly because: string,
  ) {
    for (const [property, text] of Object.entries({ what, because })) {
      if (!/^[^\r\n]*\S[^\r\n]*$/.test(text)) {
        throw new InvalidPropError(
          `exemption.${property}`,
          text,
          'is empty or has a line break',
          'Say in one line what is missing after a restore, and why that is all right',
        );
      }
    }
  }
}
