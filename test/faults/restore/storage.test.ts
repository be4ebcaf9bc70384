import { testRestoreFaults } from '../../support/restore-fault-runner';
import { storage } from './storage';

testRestoreFaults(storage);
