import { testRestoreFaults } from '../../support/faults/restore-fault-runner';
import { concurrency } from './concurrency';

testRestoreFaults(concurrency);
