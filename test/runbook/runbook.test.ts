import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint } from '../support/secrets/fingerprint';
import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { Instance, MASTERKEY } from '../support/pods/instance';
import { PostgresServer } from '../support/postgres/postgres-server';
import { RunbookCluster } from '../support/runbook/runbook-cluster';
import { clusterObjects, declaredNames } from '../support/runbook/runbook-objects';
import { sectionsOf } from '../support/runbook/runbook-page';
import type { Outcome } from '../support/machine/terminal';
import { RunbookShell } from '../support/runbook/runbook-shell';
import { eventually } from '../support/machine/eventually';
import { run } from '../support/machine/machine';
import { freshFolder } from '../support/machine/run-folder';
import type { Manifest } from '../support/manifests/synth';
import { ZitadelGateway } from '../support/zitadel/zitadel-gateway';
import { SessionClient } from '../support/postgres/session-client';
import { toolbox } from '../support/machine/toolbox';
import { DataKey, encryptionSql, JWK, keyPairAdded, PEM, webKeyAdded } from '../support/zitadel/zitadel-encryption';

const page = readFileSync(join(__dirname, '../../dist/identity-internal/RUNBOOK.md'), 'utf8');
const sections = sectionsOf(page);
const external = declaredNames();
const head = sections[0]!.heading;

const DOMAIN = 'auth.example';
const TOKEN = 'the-token-of-iam-admin';
const SECRET_FILE = 'k8s/prod/21-secrets-zitadel.enc.yaml';

(toolbox().kubectl === null ? describe.skip : describe)('the runbook, typed from its beginning to its end', () => {
  const oidc = new DataKey('oidcKey', MASTERKEY);
  const dump = 'zitadel-20261123-020000';
  const { namespace } = external[0]!;
  let server: PostgresServer;
  let instance: Instance;
  let cluster: RunbookCluster;
  let shell: RunbookShell;
  let zitadel: ZitadelGateway;
  /** The database as it was dumped. */
  let dumped: string;
  const service: SessionClient[] = [];

  const live = (): string => fingerprint(server, 'zitadel');
  const databases = (): string[] =>
    server
      .sql('postgres', "SELECT datname FROM pg_database WHERE datname LIKE 'zitadel%' ORDER BY 1")
      .split('\n')
      .filter(Boolean);
  const isSuspended = (): boolean => cluster.object('CronJob', 'zitadel-db-backup').spec.suspend;
  /** What Git says of the backup, and Flux puts in the place of what a person has patched. */
  const inGit = (suspend: boolean): void =>
    shell.onReconcile(
      'kustomization',
      `kubectl -n ${namespace} patch cronjob/zitadel-db-backup -p '{"spec":{"suspend":${suspend}}}' >/dev/null`,
    );
  const replicas = (): number => cluster.object('Deployment', 'zitadel').spec.replicas;
  const serves = (): void => {
    expect([replicas(), service.length]).toEqual([2, 2]);
  };
  const damage = (): void => {
    server.sql('zitadel', 'DROP TABLE projections.sessions');
  };
  const right = { masterkey: MASTERKEY };
  const wrong = { masterkey: 'AnotherKeyThatHasThirtyTwoBytes.' };

  /** A session for each replica, as a service has. */
  function scale(count: number): void {
    while (service.length > count) void service.pop()!.stop();
    while (service.length < count) service.push(new SessionClient(server, 'zitadel'));
  }

  beforeAll(async () => {
    server = await PostgresServer.start();
    createIdentityDatabase(server);
    server.sql('zitadel', encryptionSql([oidc], [keyPairAdded(oidc.value(PEM)), webKeyAdded(oidc.value(JWK))]));
    instance = new Instance(server, 'busybox', undefined, { env: { KEEP_LAST: '99' } });
    expect((await instance.backup()).status).toBe(0);
    instance.copyDump(instance.dumps()[0]!, '20261123-020000');
    expect((await instance.drill()).status).toBe(0);
    dumped = live();
    cluster = new RunbookCluster(clusterObjects(external), (job) => instance.startJob(job));
    cluster.onScale = scale;
    cluster.onRestart = () => {
      scale(0);
      scale(replicas());
    };
    scale(replicas());
    // A forced upgrade sets the replicas to what Git says.
    shell = new RunbookShell(await cluster.open());
    shell.onReconcile('helmrelease', `kubectl -n ${namespace} scale deployment/zitadel --replicas=2 >/dev/null`);
    zitadel = await ZitadelGateway.start(DOMAIN, TOKEN);
    shell.forwardTo(zitadel.address);
    cluster.put({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'iam-admin-pat', namespace },
      data: { pat: Buffer.from(TOKEN).toString('base64') },
    } as unknown as Manifest);
    cluster.put({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'zitadel-config-yaml', namespace },
      data: { 'zitadel-config-yaml': `Database:\n  postgres: {}\nExternalDomain: "${DOMAIN}"\nExternalSecure: true\n` },
    });
  });
  afterAll(async () => {
    scale(0);
    zitadel?.close();
    await cluster?.close();
    await server?.stop();
  });

  /** A checkout of the repo of the secrets, whose newest commit has the wrong value. */
  function secretsRepo(): string {
    const folder = freshFolder('secrets');
    const git = (...args: string[]): void => {
      run(['git', '-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@example', ...args]);
    };
    run(['git', 'init', '--quiet', '--bare', `${folder}/origin.git`]);
    run(['git', 'init', '--quiet', folder]);
    for (const [name, value] of Object.entries({ 'user.name': 'a', 'user.email': 'a@example' }))
      git('config', name, value);
    mkdirSync(join(folder, 'k8s/prod'), { recursive: true });
    for (const value of ['right', 'wrong']) {
      writeFileSync(join(folder, SECRET_FILE), `${value}\n`);
      git('add', SECRET_FILE);
      git('commit', '--quiet', '-m', `The ${value} value`);
    }
    git('remote', 'add', 'origin', `${folder}/origin.git`);
    git('push', '--quiet', '--set-upstream', 'origin', 'HEAD');
    return folder;
  }

  /** How things are to be before a section is typed. */
  const given: Record<string, () => void | Promise<unknown>> = {
    [head]: damage,
    '1. Restore': damage,
    '2. Data is being corrupted now': damage,
    // The database is damaged: section 3 has gone back to what was there before.
    '4. A restore waits for sessions': async () => {
      await shell.type([
        `kubectl -n ${namespace} create job restore-waits --from=cronjob/zitadel-db-restore --dry-run=client -o yaml |
           kubectl set env --local -f - RESTORE_DUMP=${dump} -o yaml | kubectl create -f -`,
      ]);
      await eventually(
        'the restore waits',
        () => cluster.pod('restore-waits').log('restore')?.includes('to close its sessions on') === true,
      );
    },
    'Step 4: the server': () => {
      inGit(true);
      cluster.object('Deployment', 'zitadel').spec.replicas = 0;
      scale(0);
      for (const database of databases()) server.sql('postgres', `DROP DATABASE "${database}" WITH (FORCE)`);
      server.sql('postgres', 'DROP ROLE zitadel');
      server.sql('postgres', 'DROP ROLE reporting');
    },
    'Step 6: start ZITADEL': () => inGit(false),
  };

  /** What is to be true after it. */
  const then: Record<string, (output: string) => void> = {
    [head]: (output) => {
      // Asked with what is at stake: two restores, the way back, and the end of it.
      expect(output.match(/Type yes to go on: /g)).toHaveLength(4);
      expect(output).toMatch(
        /complete and verified[^]*"verdict": "proven"[^]*all \d dumps are whole[^]*bytes are free/,
      );
      expect(output).toMatch(/its label is before-change; it is held until [^]*newest dump +zitadel-/);
      expect([live(), databases()]).toEqual([dumped, ['zitadel']]);
    },
    '1. Restore': (output) => {
      expect(output).toMatch(new RegExp(`${dump} .* yes +same [^]*rehearsed: ${dump}.dump can be restored`));
      restored();
    },
    '2. Data is being corrupted now': (output) => {
      expect(output).toMatch(/^2\n[^]*its label is corrupted; it is held until /m);
      restored();
      expect(shell.flux()).toEqual([
        'suspend kustomization identity-internal -n flux-system',
        'suspend helmrelease zitadel -n identity-internal',
        'resume kustomization identity-internal -n flux-system',
        'reconcile kustomization identity-internal -n flux-system --with-source',
        'resume helmrelease zitadel -n identity-internal',
        'reconcile helmrelease zitadel -n identity-internal --force',
      ]);
    },
    '3. Go back': () => {
      expect(live()).not.toBe(dumped);
      serves();
    },
    '4. A restore waits for sessions': (output) => {
      expect(output).toMatch(
        /waiting for the service to close its sessions on[^]* as a-service pid \d+\n[^]*job.* "restore-waits" deleted/,
      );
      restored();
    },
    '6. A backup has failed': (output) => expect(output).toMatch(/complete and verified[^]*complete and verified/),
    '7. A drill, and one that failed': (output) => {
      expect(output).toMatch(/"lastProven"[^]*== verdict: proven/);
      expect(instance.evidence().verdict).toBe('proven');
    },
    '8. The storage is full': (output) =>
      expect(output).toMatch(/bytes are free on the share[^]*is held by person until 20/),
    'Step 1: secrets': (output) => expect(output).toMatch(/^zitadel-secret [^]*^iam-admin [^]*^sops-age /m),
    'Step 2: hold ZITADEL and the nightly backup': () => {
      expect(isSuspended()).toBe(true);
      expect(shell.flux()).toEqual([
        'suspend kustomization identity-internal -n flux-system',
        'suspend helmrelease zitadel -n identity-internal',
        'suspend kustomization identity-internal-backup -n flux-system',
      ]);
    },
    'Step 3: the dumps': (output) => expect(output).toContain('nas.example:/volume/zitadel-backup'),
    'Step 4: the server': (output) => {
      expect(output).toMatch(/^true\n/);
      expect(isSuspended()).toBe(true);
      expect(shell.flux()).toEqual(
        ['resume', 'reconcile'].map((verb) =>
          expect.stringMatching(`^${verb} kustomization identity-internal-backup `),
        ),
      );
    },
    'Step 5: the data': (output) => {
      expect(output).toMatch(/created roles that were missing: .*Set those of the roles that log in: zitadel\./);
      expect(live()).toBe(dumped);
      expect(cluster.requests.at(-1)).toMatch(
        /\/pods\/zitadel-db-0\/exec\?command=psql&command=-U&command=postgres&command=-c&command=%5Cpassword\+postgres&/,
      );
    },
    'Step 6: start ZITADEL': (output) => {
      expect(output).toMatch(/^false\n/);
      expect(isSuspended()).toBe(false);
      serves();
    },
    '10. Before a large change': (output) => {
      expect(output).toMatch(
        new RegExp(`its label is before-change[^]*verdict: proven[^]*${dump}.dump is held by person until 20`),
      );
      expect(instance.files()).not.toContain(`${dump}.person.hold`);
    },
    '11. Verify': (output) => {
      expect(output).toMatch(/^GREEN +zitadel-db-backup: /);
      expect(output).toMatch(/^REQUEST [^]*successfully rolled out[^]*\nok(\n*(false)?)*\n200\n$/m);
      // The first seconds after ready are waited for, and the token is in no command line.
      expect(zitadel.answers).toEqual([503, 200]);
    },
    '12. Suspend backups': (output) => expect(output).toMatch(/^false\n/),
    '14. Without the plugin': (output) =>
      expect(output).toMatch(new RegExp(`${dump} .* yes +same [^]*condition met\\n$`)),
  };

  function restored(): void {
    expect(live()).toBe(dumped);
    expect(databases()).toHaveLength(2);
    serves();
  }

  test('nothing is expected of a section that is not there', () => {
    const headings = sections.map(({ heading }) => heading);
    expect([...Object.keys(given), ...Object.keys(then)].filter((heading) => !headings.includes(heading))).toEqual([]);
    expect(headings.filter((heading) => then[heading] === undefined)).toEqual(['5. The masterkey is lost or wrong']);
  });

  test.each(sections.filter(({ heading }) => then[heading]).map(({ heading, blocks }) => [heading, blocks] as const))(
    '%s',
    async (heading, blocks) => {
      await given[heading]?.();
      shell.flux();
      const { status, output } = await shell.type(blocks);
      expect({ status, output }).toEqual({ status: 0, output: expect.any(String) });
      then[heading]!(output);
    },
  );

  describe('the masterkey is lost or wrong', () => {
    const { blocks } = sections.find(({ heading }) => heading === '5. The masterkey is lost or wrong')!;
    const [list, drill, git] = blocks;
    const [probe] = sections.find(({ heading }) => heading === '11. Verify')!.blocks.slice(-1);

    test('each way to see it says so', async () => {
      instance.secrets['zitadel-secret'] = wrong;
      zitadel.token = 'the token, encrypted with another key';
      expect((await shell.type([list!])).output).toMatch(new RegExp(`${dump} .* yes +other `));
      expect(await shell.type([drill!])).toEqual({ status: 4, output: expect.stringContaining('== verdict: refuted') });
      expect(await shell.type([probe!])).toEqual({ status: 22, output: expect.stringMatching(/^401\n/m) });
    });

    test('its former value comes back out of the history of Git', async () => {
      const repo = secretsRepo();
      expect(await shell.type([git!], repo)).toEqual({
        status: 0,
        output: expect.stringMatching(/ The wrong value\n[^]* The right value\n/),
      });
      expect(run(['git', '-C', `${repo}/origin.git`, 'show', `HEAD:${SECRET_FILE}`])).toBe('right\n');
      instance.secrets['zitadel-secret'] = right;
      zitadel.token = TOKEN;
      expect((await shell.type([list!])).output).toMatch(new RegExp(`${dump} .* yes +same `));
      expect((await shell.type([probe!])).status).toBe(0);
    });
  });

  describe('and what is wrong in it', () => {
    test('a dump that is not there cannot be held', async () => {
      const hold = sections
        .flatMap(({ blocks }) => blocks)
        .join('')
        .match(/^.* hold --dump .*$/m)![0];
      const { status, output } = await shell.type([hold.replace(dump, `${dump}0`)]);
      expect(output).toContain(`there is no dump ${dump}0 in`);
      expect([status, instance.files().filter((file) => file.startsWith(`${dump}0`))]).toEqual([1, []]);
    });

    const list = sections
      .find(({ heading }) => heading === '14. Without the plugin')!
      .blocks.map((block) => block.replace('--timeout=1m', '--timeout=1s'));
    const mistyped = (from: string, to: string): Promise<Outcome> =>
      shell.type(list.map((block) => block.replaceAll(from, to)));

    test.each([
      ['a flag that kubectl does not have', '--from=', '--form=', 'unknown flag: --form'],
      ['another flag that it does not have', '--timeout=', '--time=', 'unknown flag: --time'],
      [
        'a CronJob that is not there',
        'cronjob/zitadel-db-restore',
        'cronjob/zitadel-restore',
        'cronjobs "zitadel-restore" not found in identity-internal',
      ],
      ['another namespace', '-n identity-internal', '-n identity', 'namespaces "identity" not found'],
      ['a variable that nobody reads', 'RESTORE_ACTION=', 'RESTORE_ACTOIN=', 'no variable RESTORE_ACTOIN'],
      [
        'an action that the script does not have',
        'RESTORE_ACTION=list',
        'RESTORE_ACTION=lost',
        'is not one of restore, list',
      ],
    ])('%s is noticed', async (_, from, to, why) => {
      const { status, output } = await mistyped(from, to);
      expect(output).toContain(why);
      expect(status).not.toBe(0);
    });
  });
});
