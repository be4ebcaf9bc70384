import { testDrillFaults } from '../../support/drill-fault-runner';
import { dumps } from './dumps';

testDrillFaults(dumps);
