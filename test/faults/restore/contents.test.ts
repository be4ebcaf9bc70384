import { testRestoreFaults } from '../../support/faults/restore-fault-runner';
import { contents } from './contents';

testRestoreFaults(contents);
