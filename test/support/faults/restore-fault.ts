import type { Fault, FaultGroup, Outcome, Surroundings } from './fault';
import type { Live } from './restore-leaves';
import type { RestoreTrial } from './restore-trial';

export type RestoreFault = Fault<RestoreTrial, Live>;
export type RestoreFaultGroup = FaultGroup<RestoreFault>;
export type RestoreOutcome = Outcome<Live> & Surroundings;

export function restoreFault(name: string, outcome: RestoreOutcome, inject: RestoreFault['inject']): RestoreFault {
  return { name, ...outcome, inject };
}
