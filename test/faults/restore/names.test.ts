import { testRestoreFaults } from '../../support/restore-fault-runner';
import { names } from './names';

testRestoreFaults(names);
