import { testFaults } from '../../support/fault-runner';
import { secrets } from './secrets';

testFaults(secrets);
