import { testRestoreFaults } from '../../support/faults/restore-fault-runner';
import { server } from './server';

testRestoreFaults(server);
