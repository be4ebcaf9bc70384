import { testDrillFaults } from '../../support/drill-fault-runner';
import { surroundings } from './surroundings';

testDrillFaults(surroundings);
