import { testDrillFaults } from '../../support/drill-fault-runner';
import { nas } from './nas';

testDrillFaults(nas);
