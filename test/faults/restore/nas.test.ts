import { testRestoreFaults } from '../../support/faults/restore-fault-runner';
import { nas } from './nas';

testRestoreFaults(nas);
