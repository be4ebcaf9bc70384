import { testDrillFaults } from '../../support/faults/drill-fault-runner';
import { nas } from './nas';

testDrillFaults(nas);
