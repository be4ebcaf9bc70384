import { testRestoreFaults } from '../../support/faults/restore-fault-runner';
import { storage } from './storage';

testRestoreFaults(storage);
