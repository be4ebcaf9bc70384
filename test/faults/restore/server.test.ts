import { testRestoreFaults } from '../../support/restore-fault-runner';
import { server } from './server';

testRestoreFaults(server);
