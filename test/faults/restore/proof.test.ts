import { testRestoreFaults } from '../../support/restore-fault-runner';
import { proof } from './proof';

testRestoreFaults(proof);
