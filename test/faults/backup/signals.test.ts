import { testFaults } from '../../support/fault-runner';
import { signals } from './signals';

testFaults(signals);
