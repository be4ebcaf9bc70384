import { testFaults } from '../../support/faults/fault-runner';
import { nas } from './nas';

testFaults(nas);
