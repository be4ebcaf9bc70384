import { testFaults } from '../../support/faults/fault-runner';
import { heartbeat } from './heartbeat';

testFaults(heartbeat);
