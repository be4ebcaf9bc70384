import { testRestoreFaults } from '../../support/restore-fault-runner';
import { actions } from './actions';

testRestoreFaults(actions);
