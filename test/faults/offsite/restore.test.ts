import { testOffsiteFaults } from '../../support/faults/offsite-fault-runner';
import { restore } from './restore';

testOffsiteFaults(restore);
