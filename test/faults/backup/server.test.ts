import { testFaults } from '../../support/fault-runner';
import { server } from './server';

testFaults(server);
