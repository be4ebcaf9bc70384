import { IdentityInternal } from './identity-internal/chart';
import { IdentityInternalMonitoring } from './identity-internal/monitoring';
import { KustomizedApp } from './delivery/kustomized-app';

const app = new KustomizedApp();
const instance = new IdentityInternal(app, 'identity-internal');
new IdentityInternalMonitoring(app, 'identity-internal-monitoring', instance);
app.synth();
