import { testFaults } from '../../support/fault-runner';
import { names } from './names';

testFaults(names);
