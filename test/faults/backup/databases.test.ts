import { testFaults } from '../../support/fault-runner';
import { databases } from './databases';

testFaults(databases);
