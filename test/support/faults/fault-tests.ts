import { pattern, type AnyFault, type FaultGroup, type Outcome, type Told } from './fault';
import { everyCase, fewCases } from './fault-cases';
import { NO_VIOLATIONS, record, type Component, type Violations } from './fault-ledger';
import { PostgresServer } from '../postgres/postgres-server';
import type { PodResult } from '../pods/pod';
import { SecretWatch } from '../pods/secret-watch';
import { isEverything, type Userland } from '../machine/userlands';
import type { Trial } from './fault-trial';

/** What the faults of one component have in common. */
export interface Trials<C extends Component, F extends AnyFault, S, T extends Trial> {
  readonly component: C;
  /** Makes what all trials on a server start from. */
  readonly prepare: (server: PostgresServer) => Promise<S>;
  readonly begin: (server: PostgresServer, userland: Userland, sample: S, fault: F) => T;
  /** Makes the fault and compares what comes of it, then does the plain runs; counts what may never happen. */
  readonly face: (fault: F, trial: T, violations: Violations<C>, time: number) => Promise<void>;
  readonly leak: keyof Violations<C>;
}

/** Tests of the faults of a group, under one userland each or under both. */
export function testGroup<C extends Component, F extends AnyFault, S, T extends Trial>(
  { component, prepare, begin, face, leak }: Trials<C, F, S, T>,
  { title, faults }: FaultGroup<F>,
): void {
  let server: PostgresServer;
  let sample: S;
  beforeAll(async () => {
    server = await PostgresServer.start({ settings: { max_prepared_transactions: '2', wal_level: 'logical' } });
    sample = await prepare(server);
  });
  afterAll(() => server.stop());

  const every = everyCase(faults);
  record({ component, cases: every.length });
  describe(title, () => {
    for (const { fault, userland, time } of isEverything ? every : fewCases(faults)) {
      const { name, times = 1 } = fault;
      const entry = { component, case: `${title}: ${name}, under ${userland}` };
      const reason = fault.impossible?.();
      if (reason !== undefined) record({ ...entry, skipped: reason });
      const ofMany = times === 1 ? '' : `: ${time} of ${times}`;
      (reason === undefined ? test : test.skip)(`${name}${ofMany}, under ${userland}`, async () => {
        const violations = { ...NO_VIOLATIONS[component] };
        try {
          const trial = begin(server, userland, sample, fault);
          await watched(
            trial,
            () => face(fault, trial, violations, time),
            () => {
              (violations as Record<PropertyKey, number>)[leak]!++;
            },
          );
        } finally {
          record({ ...entry, violations });
        }
        expect(violations).toEqual(NO_VIOLATIONS[component]);
      });
    }
  });
}

/** How a run ended and what it said, as the fault promises it. */
export function expectRun(
  { status: actual, output }: Pick<PodResult, 'status' | 'output'>,
  { status, says = '' }: Pick<Outcome<Told>, 'status' | 'says'>,
): void {
  expect({ status: actual, output }).toEqual({ status, output: expect.stringMatching(pattern(says)) });
}

/** Looks for passwords wherever a trial could leave one. */
async function watched(trial: Trial, run: () => Promise<void>, onLeak: () => void): Promise<void> {
  const watch = new SecretWatch(trial.passwords);
  try {
    await run();
  } finally {
    await trial.end().finally(() => watch.stop());
    for (const pod of trial.pods) watch.lookAt('the output of a pod', pod.output());
    watch.lookAtFolder(trial.instance.nas);
    if (watch.leaks.size > 0) {
      console.error(`A password is in ${[...watch.leaks].join(' and in ')}.`);
      onLeak();
    }
  }
}
