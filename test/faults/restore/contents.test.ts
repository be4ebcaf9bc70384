import { testRestoreFaults } from '../../support/restore-fault-runner';
import { contents } from './contents';

testRestoreFaults(contents);
