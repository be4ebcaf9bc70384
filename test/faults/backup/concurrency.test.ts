import { testFaults } from '../../support/faults/fault-runner';
import { concurrency } from './concurrency';

testFaults(concurrency);
