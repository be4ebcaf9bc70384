import { testRestoreFaults } from '../../support/faults/restore-fault-runner';
import { memory } from './memory';

// A gigabyte takes its time.
jest.setTimeout(300_000);

testRestoreFaults(memory);
