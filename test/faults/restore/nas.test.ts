import { testRestoreFaults } from '../../support/restore-fault-runner';
import { nas } from './nas';

testRestoreFaults(nas);
