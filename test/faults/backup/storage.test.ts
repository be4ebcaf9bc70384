import { testFaults } from '../../support/faults/fault-runner';
import { storage } from './storage';

testFaults(storage);
