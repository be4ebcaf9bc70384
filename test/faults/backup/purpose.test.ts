import { testFaults } from '../../support/fault-runner';
import { purpose } from './purpose';

testFaults(purpose);
