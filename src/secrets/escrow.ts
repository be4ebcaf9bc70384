import { Duration } from 'cdk8s';
import { InvalidPropError } from '../errors';

/** A fact that no cluster can check: a person has looked, and attests it. */
export interface EscrowOptions {
  /** The thing that is kept, e.g. "the private age key". */
  readonly what: string;
  /** The place at which another person finds it. */
  readonly where: string;
  /** The day on which a person last saw it there, e.g. `2026-11-01`. */
  readonly attestedOn: string;
  /** Time for which the attestation holds, in whole days, at least 1. */
  readonly validFor: Duration;
}

/** Synth begins to warn this many days before an attestation runs out. */
const NOTICE_DAYS = 30;
const DAY = 24 * 60 * 60 * 1000;

/** An attestation that has run out, or soon will. */
export interface EscrowFinding {
  /** True if it has run out; false if it soon will. */
  readonly expired: boolean;
  /** The finding and its remedy, in words. */
  readonly text: string;
}

/** An attestation, with its end. */
export class Escrow {
  public readonly validUntil: string;
  private readonly end: number;

  /** @throws InvalidPropError */
  constructor(public readonly options: EscrowOptions) {
    for (const property of ['what', 'where'] as const) {
      if (!/^[^\r\n]*\S[^\r\n]*$/.test(options[property])) {
        throw new InvalidPropError(
          `expectEscrow.${property}`,
          options[property],
          'is empty or has a line break',
          'Write it so that another person finds it at night',
        );
      }
    }
    const begin = dayOf(options.attestedOn);
    if (begin === undefined) {
      throw new InvalidPropError(
        'expectEscrow.attestedOn',
        options.attestedOn,
        'is not a day',
        'Write it like 2026-11-01',
      );
    }
    const days = options.validFor.toDays({ integral: false });
    if (!Number.isInteger(days) || days < 1) {
      throw new InvalidPropError(
        'expectEscrow.validFor',
        options.validFor.toHumanString(),
        'must be a whole number of days, at least 1',
        'Write it like Duration.days(180)',
      );
    }
    this.end = begin + days * DAY;
    this.validUntil = new Date(this.end).toISOString().slice(0, 10);
  }

  /** Returns the finding on that day, in milliseconds since 1970; undefined while the attestation is good. */
  public finding(today: number): EscrowFinding | undefined {
    const left = Math.floor((this.end - today) / DAY);
    if (left >= NOTICE_DAYS) {
      return undefined;
    }
    const { what, where, attestedOn } = this.options;
    const fate = left < 0 ? 'has run out' : 'runs out soon';
    return {
      expired: left < 0,
      text:
        `expectEscrow ("${what}") was attested on ${attestedOn} until ${this.validUntil}, which ${fate}. ` +
        `Look whether it is still here: ${where}. Then set attestedOn to that day.`,
    };
  }
}

/**
 * The day with which attestations are compared. It comes from the environment, or synth would not be deterministic.
 * Rule: https://reproducible-builds.org/specs/source-date-epoch/
 * @throws InvalidPropError
 */
export function sourceDate(): number | undefined {
  const seconds = process.env.SOURCE_DATE_EPOCH;
  if (seconds === undefined || seconds === '') {
    return undefined;
  }
  if (!/^\d{1,12}$/.test(seconds)) {
    throw new InvalidPropError(
      'SOURCE_DATE_EPOCH',
      seconds,
      'is not a number of seconds since 1970',
      'Set it to $(date +%s)',
    );
  }
  return Number(seconds) * 1000;
}

function dayOf(text: string): number | undefined {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text) ? time : undefined;
}
