import { testDrillFaults } from '../../support/faults/drill-fault-runner';
import { dumps } from './dumps';

testDrillFaults(dumps);
