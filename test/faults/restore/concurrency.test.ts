import { testRestoreFaults } from '../../support/restore-fault-runner';
import { concurrency } from './concurrency';

testRestoreFaults(concurrency);
