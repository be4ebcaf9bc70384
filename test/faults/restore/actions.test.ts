import { testRestoreFaults } from '../../support/faults/restore-fault-runner';
import { actions } from './actions';

testRestoreFaults(actions);
