import { Case, DAY, Dump, newest, Policy } from './retention-model';

/** Chance that repeats itself: the same seed, the same choices. */
export class Random {
  private state: number;

  constructor(seed: string) {
    this.state = 0;
    for (const character of seed) this.state = Math.imul(this.state ^ character.charCodeAt(0), 0x01000193) + 0x9e3779b9;
  }

  /** From 0 to just below 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number, both ends included. */
  int(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.int(0, choices.length - 1)] as T;
  }

  shuffled<T>(list: readonly T[]): T[] {
    return list
      .map((item) => ({ item, key: this.next() }))
      .sort((a, b) => a.key - b.key)
      .map(({ item }) => item);
  }
}

export function randomCase(random: Random): Case {
  const dumps = randomHistory(random);
  return { policy: randomPolicy(random), dumps, ...randomCurrent(random, dumps) };
}

/**
 * Nights with gaps, outages, several dumps a day and clocks that jump; the oldest may come from a script without
 * checksums, or it runs on.
 */
export function randomHistory(random: Random, nights = random.int(0, 60)): Dump[] {
  const dumps = new Map<number, Dump>();
  const interval = random.pick([DAY, DAY, DAY, DAY / 4, 7 * DAY, 30 * DAY]);
  const verifying = random.chance(0.4) ? random.next() : 0;
  const quality = random.pick([1, 0.95, 0.5]);
  const add = (time: number, progress: number): void => {
    const seconds = Math.max(0, Math.round(time / 1000));
    const state =
      progress >= verifying && random.chance(quality) ? 'verified' : random.chance(0.9) ? 'unverified' : 'empty';
    dumps.set(seconds, { time: seconds * 1000, state });
  };
  let clock = randomStart(random);
  for (let night = 0; night < nights; night++) {
    clock += interval;
    if (random.chance(0.05)) continue;
    if (random.chance(0.02)) clock += random.int(2, 900) * DAY;
    if (random.chance(0.01)) clock -= random.int(1, 100) * DAY;
    const wrong = random.chance(0.02) ? random.pick([random.int(-4000, 4000) * DAY, -clock]) : 0;
    do add(clock + wrong + random.int(0, 3) * random.int(0, 7_200_000), night / nights);
    while (random.chance(0.12));
  }
  return random.shuffled([...dumps.values()]);
}

/** Often just before a year ends or a February does. */
function randomStart(random: Random): number {
  const year = random.pick([1999, 2000, 2004, 2020, 2024, 2026, 2027, 2096, 2100, random.int(1971, 2190)]);
  const day = random.pick([Date.UTC(year, 11, 1), Date.UTC(year, 1, 10), Date.UTC(year, random.int(0, 11), 20)]);
  return day + random.int(0, 20) * DAY + random.pick([0, 2 * 3_600_000, DAY - 1000]);
}

export function randomPolicy(random: Random): Policy {
  const count = (): number => (random.chance(0.3) ? 0 : random.chance(0.03) ? 100_000 : random.int(1, 8));
  return {
    last: random.pick([1, 1, 1, 2, 3, 8]),
    daily: count(),
    weekly: count(),
    monthly: count(),
    yearly: count(),
    within: random.chance(0.5) ? 0 : random.int(1, 8),
  };
}

/** Mostly the newest dump, or one that is to come; after the clock was set back, any. */
function randomCurrent(random: Random, dumps: readonly Dump[]): { current?: number } {
  const times = dumps.map(({ time }) => time);
  const [last] = newest(1, times);
  if (last === undefined || random.chance(0.1)) return {};
  const current = random.pick([last, last, last + random.int(1, 40 * 86_400) * 1000, random.pick(times)]);
  return { current };
}
