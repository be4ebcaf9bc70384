import { testRestoreFaults } from '../../support/restore-fault-runner';
import { dumps } from './dumps';

testRestoreFaults(dumps);
