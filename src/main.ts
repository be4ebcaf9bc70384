import { IdentityInternal } from './identity-internal/chart';
import { IdentityInternalGuard } from './identity-internal/guard';
import { IdentityInternalMonitoring } from './identity-internal/monitoring';
import { KustomizedApp } from './delivery/kustomized-app';

const app = new KustomizedApp();
const instance = new IdentityInternal(app, 'identity-internal');
new IdentityInternalMonitoring(app, 'identity-internal-monitoring', instance);
new IdentityInternalGuard(app, 'identity-internal-guard', instance);
app.synth();
