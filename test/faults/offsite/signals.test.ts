import { testOffsiteFaults } from '../../support/faults/offsite-fault-runner';
import { signals } from './signals';

testOffsiteFaults(signals);
