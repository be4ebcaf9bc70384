import { testFaults } from '../../support/fault-runner';
import { heartbeat } from './heartbeat';

testFaults(heartbeat);
