import { testRestoreFaults } from '../../support/faults/restore-fault-runner';
import { proof } from './proof';

testRestoreFaults(proof);
