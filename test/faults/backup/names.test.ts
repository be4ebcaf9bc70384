import { testFaults } from '../../support/faults/fault-runner';
import { names } from './names';

testFaults(names);
