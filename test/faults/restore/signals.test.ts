import { testRestoreFaults } from '../../support/restore-fault-runner';
import { signals } from './signals';

testRestoreFaults(signals);
