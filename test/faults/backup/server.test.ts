import { testFaults } from '../../support/faults/fault-runner';
import { server } from './server';

testFaults(server);
