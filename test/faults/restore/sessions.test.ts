import { testRestoreFaults } from '../../support/faults/restore-fault-runner';
import { sessions } from './sessions';

testRestoreFaults(sessions);
