import type { AnyFault } from './fault';
import type { Shell } from './shells';

/** Whether this run makes all cases, each with all plain runs after it: `npm run test:faults`. */
export const isEverything = process.env.TEST_FAULTS === 'all';

const SHELLS = ['ash', 'dash'] as const;

/** How often a fault is made by default where chance has a part in it. */
const FEW = 2;

/** A fault, made under one shell for the so manieth time. */
export interface FaultCase<F extends AnyFault> {
  readonly fault: F;
  readonly shell: Shell;
  readonly time: number;
}

/** Each fault under each shell, as often as chance wants it. */
export function everyCase<F extends AnyFault>(faults: readonly F[]): FaultCase<F>[] {
  return faults.flatMap((fault) =>
    (fault.shells ?? SHELLS).flatMap((shell) => times(fault).map((time) => ({ fault, shell, time }))),
  );
}

/** Each fault once, or a few times where chance has a part in it, under the shells in turn. */
export function fewCases<F extends AnyFault>(faults: readonly F[]): FaultCase<F>[] {
  const few = faults.flatMap((fault) =>
    times(fault)
      .slice(0, FEW)
      .map((time) => ({ fault, time })),
  );
  return few.map(({ fault, time }, index) => {
    const shells = fault.shells ?? SHELLS;
    return { fault, time, shell: shells[index % shells.length]! };
  });
}

function times({ times: count = 1 }: AnyFault): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
