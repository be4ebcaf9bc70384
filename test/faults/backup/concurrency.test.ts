import { testFaults } from '../../support/fault-runner';
import { concurrency } from './concurrency';

testFaults(concurrency);
