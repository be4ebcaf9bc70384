import { testRestoreFaults } from '../../support/faults/restore-fault-runner';
import { names } from './names';

testRestoreFaults(names);
