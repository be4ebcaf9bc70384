import { testRestoreFaults } from '../../support/faults/restore-fault-runner';
import { dumps } from './dumps';

testRestoreFaults(dumps);
