import { testFaults } from '../../support/fault-runner';
import { nas } from './nas';

testFaults(nas);
