import type { Leaves } from './fault-leaves';
import type { ClusterProps } from './fault-cluster';
import type { PodResult } from './pod';
import type { Trial } from './fault-trial';

/** What must come of a fault. The page docs/faults.md is made of it, and every word of it is tested. */
export interface Outcome {
  readonly leaves: Leaves;
  /** The exit status of the run that met the fault. */
  readonly status: number;
  /** What its output says; "…" stands for any text. Without it, nothing can be said: the run was killed. */
  readonly says?: string;
  /** What the next run says of it. */
  readonly next?: string;
}

interface Surroundings {
  /** What is special about the manifests. */
  readonly cluster?: ClusterProps;
  /** Why this machine cannot make the fault; undefined where it can. */
  readonly impossible?: () => string | undefined;
}

export interface Fault extends Outcome, Surroundings {
  readonly name: string;
  /** Makes the fault, and returns how the run that met it ended. */
  readonly inject: (trial: Trial) => Promise<PodResult>;
}

export interface FaultGroup {
  /** The component and what goes wrong with it. */
  readonly title: string;
  readonly faults: readonly Fault[];
}

export function fault(name: string, outcome: Outcome & Surroundings, inject: Fault['inject']): Fault {
  return { name, ...outcome, inject };
}

/** A pattern for a text in which "…" stands for any text. */
export function pattern(says: string): RegExp {
  return new RegExp(says.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[\\s\\S]*?'));
}
