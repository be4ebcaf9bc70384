import { printable } from '../reports/text';
import type { TimeZone } from '../schedule/time-zone';

const UNITS = [
  ['day', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;
const BYTES = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** A number and its noun. */
export function plural(number: number, noun: string, nouns = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : nouns}`;
}

/** A time span in its two largest units: `1 day 1 h`. Up to 48 hours are hours. */
export function span(milliseconds: number): string {
  const units = milliseconds <= 2 * UNITS[0][1] ? UNITS.slice(1) : UNITS;
  let rest = Math.round(milliseconds / 1000) * 1000;
  const parts = units.flatMap(([unit, size]) => {
    const number = Math.floor(rest / size);
    rest -= number * size;
    return number === 0 ? [] : [unit === 'day' ? plural(number, unit) : `${number} ${unit}`];
  });
  return parts.slice(0, 2).join(' ') || '0 s';
}

/** A moment to the minute. */
export function moment(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** A moment in a time zone and in UTC. */
export function localMoment(instant: number, zone: TimeZone): string {
  const wall = zone.wall(instant);
  if (wall === instant) return moment(instant);
  return `${moment(wall).replace('UTC', zone.name)} (${moment(instant)})`;
}

export function day(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}

/** A size as Kubernetes writes it, in words. */
export function bytes(size: number): string {
  const power = Math.min(Math.max(Math.floor(Math.log2(Math.max(size, 1)) / 10), 0), BYTES.length - 1);
  const number = size / 2 ** (10 * power);
  return `${number < 10 && power > 0 ? Number(number.toFixed(1)) : Math.round(number)} ${BYTES[power]}`;
}

/** The bytes of a quantity such as `50Gi`; undefined for other text. */
export function quantity(text: string): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(m|k|[KMGTPE]i?)?$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  if (unit === undefined) return Number(digits);
  if (unit === 'm') return Number(digits) / 1000;
  const power = 'kMGTPE'.indexOf(unit[0] === 'K' ? 'k' : unit[0]!) + 1;
  return Number(digits) * (unit.endsWith('i') ? 1024 : 1000) ** power;
}

/** The sentence on a folder whose listing is ambiguous. */
export function ambiguous(folder: string): string {
  return (
    `The listing tells nothing about ${name(folder)}: several claims have a folder of this name, and it may be of any ` +
    'of them.'
  );
}

/** A list in a sentence. */
export function words(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

/** A text from a manifest, on one line and without control characters. */
export function name(text: string): string {
  return printable(text) || '(empty)';
}
