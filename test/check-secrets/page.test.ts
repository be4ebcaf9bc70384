import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { kubectlFolder } from '../support/secrets/check';
import { dist } from '../support/secrets/expected-list';
import { type Files, MASTERKEY, written } from '../support/secrets/flux-repo';
import { bare, monorepo } from '../support/secrets/monorepo';
import { ageKey, Sops } from '../support/secrets/sops';

const root = join(__dirname, '../..');
const page = readFileSync(join(root, 'docs/check-secrets.md'), 'utf8');
const [...shown] = page.matchAll(/```text\n([^]*?)\n```/g);

const EXPECTED = [
  {
    secret: 'zitadel-secret',
    key: 'masterkey',
    bytes: 32,
    because: 'without it a restored database cannot be decrypted',
  },
];

/** The repos of the page, in the order of their outputs. */
async function repos(): Promise<Files[]> {
  const sops = await Sops.for((await ageKey()).recipient);
  const encrypted = { 'secret.enc.yaml': sops.yaml(bare('zitadel-secret', { masterkey: MASTERKEY })) };
  const listed = { resources: ['secret.enc.yaml'] };
  const externalSecret = {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name: 'zitadel' },
    spec: { target: { name: 'zitadel-secret' }, data: [{ secretKey: 'masterkey', remoteRef: { key: 'zitadel' } }] },
  };
  const generator = { name: 'zitadel-secret', envs: ['zitadel.env'], options: { disableNameSuffixHash: true } };
  return [
    monorepo(listed, encrypted),
    monorepo(listed, encrypted, { decryption: null }),
    monorepo({}, encrypted),
    monorepo({ ...listed, namePrefix: 'prod-' }, encrypted),
    monorepo({ secretGenerator: [generator] }, { 'zitadel.env': `masterkey=${MASTERKEY}\n` }),
    monorepo({ resources: ['external-secret.yaml'] }, { 'external-secret.yaml': stringify(externalSecret) }),
    monorepo({}, {}),
  ];
}

(kubectlFolder() === null ? test.skip : test)('the outputs on the page are what the command prints', async () => {
  const files = await repos();
  expect(shown).toHaveLength(files.length);
  const printed = files.map((one) => {
    const args = ['src/cli/command.ts', 'check-secrets', '--repo', written(one), '--dist', dist(EXPECTED)];
    const env = { ...process.env, PATH: kubectlFolder()! };
    return spawnSync(process.execPath, ['--import', 'tsx', ...args], { cwd: root, env, encoding: 'utf8' }).stdout;
  });
  // The list is in a folder of the machine.
  const told = printed.map((one) => one.replaceAll(/\S*\/(?=shop\/ConfigMap)/g, '../dist/').trim());
  told.forEach((one, index) => expect(one).toContain(shown[index]![1]));
});

test('the page has 150 lines at most', () => {
  expect(page.trimEnd().split('\n').length).toBeLessThanOrEqual(150);
});
