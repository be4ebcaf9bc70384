import { testFaults } from '../../support/faults/fault-runner';
import { databases } from './databases';

testFaults(databases);
