import type { AnyFault } from './fault';
import { USERLANDS, type Userland } from '../machine/userlands';

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

/** Each fault once, without its twins, under the userlands in turn. */
export function fewCases<F extends AnyFault>(faults: readonly F[]): FaultCase<F>[] {
  return faults
    .filter(({ isTwin = false }) => !isTwin)
    .map((fault, index) => {
      const userlands = fault.userlands ?? USERLANDS;
      return { fault, time: 1, userland: userlands[index % userlands.length]! };
    });
}

function times({ times: count = 1 }: AnyFault): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
