import { testFaults } from '../../support/fault-runner';
import { storage } from './storage';

testFaults(storage);
