import { testOffsiteFaults } from '../../support/faults/offsite-fault-runner';
import { bucket } from './bucket';

testOffsiteFaults(bucket);
