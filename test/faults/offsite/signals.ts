import {
  companions,
  copied,
  nothing,
  offsiteFault,
  type OffsiteFaultGroup,
  unproven,
} from '../../support/faults/offsite-trial';

const KILLED = 137;
const STOPPED = 143;

export const signals: OffsiteFaultGroup = {
  title: 'Copy off site: killed',
  faults: [
    offsiteFault(
      'before the first file is sent',
      { leaves: nothing, status: KILLED, next: 'is off site, in … read back and compared', isTwin: true },
      (trial) => trial.endedAt('PUT', 'dump.sha256', 'asked'),
    ),
    offsiteFault(
      'when the first file is there',
      { leaves: companions, status: KILLED, next: 'is off site, in … read back and compared' },
      (trial) => trial.endedAt('PUT', 'dump.sha256', 'answered'),
    ),
    offsiteFault(
      'while the dump is sent',
      { leaves: companions, status: KILLED, next: 'is off site, in … read back and compared' },
      (trial) => trial.endedAt('PUT', 'dump', 'asked'),
    ),
    offsiteFault(
      'while the dump is sent, by SIGTERM',
      { leaves: companions, status: STOPPED, says: 'stopped by SIGTERM', next: 'is off site', isTwin: true },
      (trial) => trial.endedAt('PUT', 'dump', 'asked', 'SIGTERM'),
    ),
    offsiteFault(
      'when the dump is there, and not read back yet',
      { leaves: unproven, status: KILLED, next: 'is off site, in … read back and compared' },
      (trial) => trial.endedAt('PUT', 'dump', 'answered'),
    ),
    offsiteFault(
      'while the dump is read back',
      { leaves: unproven, status: KILLED, next: 'is off site, in … read back and compared', isTwin: true },
      (trial) => trial.endedAt('GET', 'dump', 'answered'),
    ),
    offsiteFault(
      'when all is copied already',
      { leaves: copied, status: KILLED, next: 'is there already', isTwin: true },
      async (trial) => {
        await trial.copyFirst();
        return trial.endedAt('GET', 'json', 'asked');
      },
    ),
  ],
};
