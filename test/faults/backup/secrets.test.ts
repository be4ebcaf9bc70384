import { testFaults } from '../../support/faults/fault-runner';
import { secrets } from './secrets';

testFaults(secrets);
