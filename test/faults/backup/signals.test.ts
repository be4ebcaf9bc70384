import { testFaults } from '../../support/faults/fault-runner';
import { signals } from './signals';

testFaults(signals);
