import { testRestoreFaults } from '../../support/restore-fault-runner';
import { sessions } from './sessions';

testRestoreFaults(sessions);
