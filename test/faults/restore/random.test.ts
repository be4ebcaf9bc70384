import { testRestoreFaults } from '../../support/restore-fault-runner';
import { random } from './random';

testRestoreFaults(random);
