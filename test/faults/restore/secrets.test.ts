import { testRestoreFaults } from '../../support/faults/restore-fault-runner';
import { secrets } from './secrets';

testRestoreFaults(secrets);
