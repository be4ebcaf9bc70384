import { Retention } from '../../../src';
import { type Files, shop } from './shop-tree';

/** The manifests of many shops, a folder each, with the schedules spread over the day. */
export function manyDatabases(count: number, keepDaily: number): Files {
  const one = shop({ drill: false, backup: { retention: Retention.keep({ daily: keepDaily, weekly: 4 }) } });
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) =>
      Object.entries(one).map(([file, text]) => [
        `shop-${index}/${file}`,
        text
          .replaceAll('namespace: shop\n', `namespace: shop-${index}\n`)
          .replace('schedule: 0 2 * * *', `schedule: ${index % 60} ${Math.floor(index / 60) % 24} * * *`),
      ]),
    ).flat(),
  );
}
