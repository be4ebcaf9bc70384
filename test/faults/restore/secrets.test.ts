import { testRestoreFaults } from '../../support/restore-fault-runner';
import { secrets } from './secrets';

testRestoreFaults(secrets);
