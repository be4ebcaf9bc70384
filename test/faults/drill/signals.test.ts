import { testDrillFaults } from '../../support/faults/drill-fault-runner';
import { signals } from './signals';

testDrillFaults(signals);
