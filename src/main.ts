import { IdentityInternal } from './identity-internal/chart';
import { KustomizedApp } from './kustomized-app';

const app = new KustomizedApp();
new IdentityInternal(app, 'identity-internal');
app.synth();
