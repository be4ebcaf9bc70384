import { testDrillFaults } from '../../support/drill-fault-runner';
import { signals } from './signals';

testDrillFaults(signals);
