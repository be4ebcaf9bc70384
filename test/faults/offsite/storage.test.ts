import { testOffsiteFaults } from '../../support/faults/offsite-fault-runner';
import { storage } from './storage';

testOffsiteFaults(storage);
