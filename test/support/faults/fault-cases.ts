import type { AnyFault } from './fault';
import { USERLANDS, type Userland } from '../machine/userlands';

/** How often a fault is made by default where chance has a part in it. */
const FEW = 2;

/** A fault, made under one userland for the so manieth time. */
export interface FaultCase<F extends AnyFault> {
  readonly fault: F;
  readonly userland: Userland;
  readonly time: number;
}

/** Each fault under each userland, as often as chance wants it. */
export function everyCase<F extends AnyFault>(faults: readonly F[]): FaultCase<F>[] {
  return faults.flatMap((fault) =>
    (fault.userlands ?? USERLANDS).flatMap((userland) => times(fault).map((time) => ({ fault, userland, time }))),
  );
}

/** Each fault once, or a few times where chance has a part in it, under the userlands in turn. */
export function fewCases<F extends AnyFault>(faults: readonly F[]): FaultCase<F>[] {
  const few = faults.flatMap((fault) =>
    times(fault)
      .slice(0, FEW)
      .map((time) => ({ fault, time })),
  );
  return few.map(({ fault, time }, index) => {
    const userlands = fault.userlands ?? USERLANDS;
    return { fault, time, userland: userlands[index % userlands.length]! };
  });
}

function times({ times: count = 1 }: AnyFault): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
