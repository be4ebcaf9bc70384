/** Runs every task once a round, in turn, so that a noisy minute hits all of them; returns the samples of each. */
export async function rounds<T>(
  count: number,
  tasks: Record<string, () => T | Promise<T>>,
): Promise<Record<string, T[]>> {
  const samples: Record<string, T[]> = Object.fromEntries(Object.keys(tasks).map((name) => [name, []]));
  for (let round = 1; round <= count; round++) {
    for (const [name, task] of Object.entries(tasks)) {
      process.stderr.write(`round ${round} of ${count}: ${name}\n`);
      samples[name]!.push(await task());
    }
  }
  return samples;
}

export async function seconds(task: () => unknown): Promise<number> {
  const begun = process.hrtime.bigint();
  await task();
  return Number(process.hrtime.bigint() - begun) / 1e9;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}
