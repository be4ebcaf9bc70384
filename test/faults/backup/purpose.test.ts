import { testFaults } from '../../support/faults/fault-runner';
import { purpose } from './purpose';

testFaults(purpose);
