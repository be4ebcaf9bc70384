import { testRestoreFaults } from '../../support/faults/restore-fault-runner';
import { random } from './random';

testRestoreFaults(random);
