import { testFaults } from '../../support/faults/fault-runner';
import { damages } from './damages';

testFaults(damages);
