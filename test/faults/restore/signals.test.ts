import { testRestoreFaults } from '../../support/faults/restore-fault-runner';
import { signals } from './signals';

testRestoreFaults(signals);
