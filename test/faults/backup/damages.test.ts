import { testFaults } from '../../support/fault-runner';
import { damages } from './damages';

testFaults(damages);
