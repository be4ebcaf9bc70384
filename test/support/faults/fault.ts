import type { Leaves } from './fault-leaves';
import type { ClusterProps } from './fault-cluster';
import type { PodResult } from '../pods/pod';
import type { Userland } from '../machine/userlands';
import type { Trial } from './fault-trial';

/** What a fault leaves behind, in words. */
export interface Told {
  readonly text: string;
}

/** What must come of a fault. The page docs/faults.md is made of it, and every word of it is tested. */
export interface Outcome<L extends Told = Leaves> {
  readonly leaves: L;
  /** The exit status of the run that met the fault. */
  readonly status: number;
  /** What its output says; "…" stands for any text. Without it, nothing can be said: the run was killed. */
  readonly says?: string;
  /** What the next run says of it. */
  readonly next?: string;
}

export interface Surroundings {
  /** What is special about the manifests. */
  readonly cluster?: ClusterProps;
  /** Why this machine cannot make the fault; undefined where it can. */
  readonly impossible?: () => string | undefined;
  /**
   * How often it is made, where chance has a part in it.
   * @default 1
   */
  readonly times?: number;
  /**
   * Under which userlands it is made. Faults that are costly and of the server alone need one.
   * @default - both
   */
  readonly userlands?: readonly Userland[];
  /**
   * Whether it is a twin of a fault that every run makes, such as another signal at the same moment: the full run makes
   * both.
   * @default false
   */
  readonly isTwin?: boolean;
}

export interface Fault<T extends Trial = Trial, L extends Told = Leaves> extends Outcome<L>, Surroundings {
  readonly name: string;
  /** Makes the fault, and returns how the run that met it ended. */
  readonly inject: (trial: T, time: number) => Promise<PodResult>;
}

export type AnyFault = Fault<never, Told>;

export interface FaultGroup<F extends AnyFault = Fault> {
  /** The component and what goes wrong with it. */
  readonly title: string;
  readonly faults: readonly F[];
}

export function fault(name: string, outcome: Outcome & Surroundings, inject: Fault['inject']): Fault {
  return { name, ...outcome, inject };
}

/** A pattern for a text in which "…" stands for any text. */
export function pattern(says: string): RegExp {
  return new RegExp(
    says
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('[\\s\\S]*?'),
  );
}
