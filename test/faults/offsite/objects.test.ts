import { testOffsiteFaults } from '../../support/faults/offsite-fault-runner';
import { objects } from './objects';

testOffsiteFaults(objects);
