import { testDrillFaults } from '../../support/faults/drill-fault-runner';
import { surroundings } from './surroundings';

testDrillFaults(surroundings);
