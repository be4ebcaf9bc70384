import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint } from '../support/secrets/fingerprint';
import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { Instance, MASTERKEY } from '../support/pods/instance';
import { PostgresServer } from '../support/postgres/postgres-server';
import { RunbookCluster } from '../support/runbook/runbook-cluster';
import { clusterObjects, declaredNames } from '../support/runbook/runbook-objects';
import { sectionsOf } from '../support/runbook/runbook-page';
import { Outcome, RunbookShell } from '../support/runbook/runbook-shell';
import { SessionClient } from '../support/postgres/session-client';
import { toolbox } from '../support/machine/toolbox';
import { DataKey, encryptionSql, JWK, keyPairAdded, PEM, webKeyAdded } from '../support/zitadel/zitadel-encryption';

const page = readFileSync(join(__dirname, '../../dist/identity-internal/RUNBOOK.md'), 'utf8');
const sections = sectionsOf(page);
const external = declaredNames();

(toolbox().kubectl === null ? describe.skip : describe)('the runbook, typed from its beginning to its end', () => {
  const oidc = new DataKey('oidcKey', MASTERKEY);
  const dump = 'zitadel-20261123-020000';
  const { namespace } = external[0]!;
  let server: PostgresServer;
  let instance: Instance;
  let cluster: RunbookCluster;
  let shell: RunbookShell;
  /** The database as it was dumped, and as it was before the last section. */
  let dumped: string;
  let before: string;
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
    dumped = live();
    cluster = new RunbookCluster(clusterObjects(external), (job) => instance.startJob(job));
    cluster.onScale = scale;
    scale(replicas());
    // A forced upgrade sets the replicas to what Git says.
    shell = new RunbookShell(await cluster.open());
    shell.onReconcile('helmrelease', `kubectl -n ${namespace} scale deployment/zitadel --replicas=2 >/dev/null`);
  });
  afterAll(async () => {
    scale(0);
    await cluster?.close();
    await server?.stop();
  });

  /** How things are to be before a section is typed. */
  const given: Record<string, () => void> = {
    '5.2 Restore, while ZITADEL serves until the last moment': damage,
    '5.3 Restore, when ZITADEL must not write any more': damage,
    '6.4 The server': () => {
      inGit(true);
      cluster.object('Deployment', 'zitadel').spec.replicas = 0;
      scale(0);
      server.sql('postgres', 'DROP DATABASE zitadel WITH (FORCE)');
      server.sql('postgres', 'DROP ROLE zitadel');
      server.sql('postgres', 'DROP ROLE reporting');
    },
    '6.7 Start ZITADEL': () => inGit(false),
  };

  /** What is to be true after it. */
  const then: Record<string, (output: string) => void> = {
    'Take a dump on purpose': (output) => {
      // The first log that is asked for is of a container that has not begun.
      expect(output).toMatch(
        /is waiting to start[^]*complete and verified.*; its label is before-large-change; it is held until [^]*condition met/,
      );
      const held = instance.dumps().filter((name) => instance.files().includes(`${name}.person.hold`));
      expect(held.map((name) => JSON.parse(readFileSync(join(instance.folder, `${name}.json`), 'utf8')).label)).toEqual(
        ['before-large-change'],
      );
    },
    'Hold an existing dump': (output) => {
      expect(output).toMatch(new RegExp(`${dump}.dump is held by person until 20[^]*condition met`));
      expect(instance.files()).toContain(`${dump}.person.hold`);
    },
    'End the hold': () => expect(instance.files()).not.toContain(`${dump}.person.hold`),
    '3. Back up now': (output) => {
      expect(output).toMatch(/complete and verified[^]*condition met/);
      expect(instance.dumps()).toHaveLength(4);
    },
    'List them': (output) =>
      expect(output).toMatch(new RegExp(`${dump} .* yes +same .* - +- [^]* 20\\S+Z +before-large-change `)),
    'Read all of them, and compare their checksums': (output) => expect(output).toContain('all 4 dumps are whole'),
    '5.1 Rehearse': (output) => {
      // What section 3 has backed up has the time of the clock, whatever that is.
      const newest = instance
        .dumps()
        .filter((name) => name <= 'zitadel-20261123-080000')
        .sort()
        .at(-1);
      expect(output).toContain(`rehearsed: ${newest}.dump can be restored`);
      expect([live(), databases()]).toEqual([before, ['zitadel']]);
    },
    '5.2 Restore, while ZITADEL serves until the last moment': restored,
    '5.3 Restore, when ZITADEL must not write any more': restored,
    '5.4 Go back': () => {
      expect(live()).not.toBe(dumped);
      serves();
    },
    '5.5 Free the space of the databases from before': () => expect(databases()).toEqual(['zitadel']),
    '6.1 Secrets': (output) => expect(output).toMatch(/^zitadel-secret [^]*^iam-admin [^]*^sops-age /m),
    '6.2 Hold ZITADEL and the nightly backup': () => {
      expect(isSuspended()).toBe(true);
      expect(shell.flux()).toEqual([
        'suspend kustomization identity-internal -n flux-system',
        'suspend helmrelease zitadel -n identity-internal',
        'suspend kustomization identity-internal-backup -n flux-system',
      ]);
    },
    '6.3 The dumps': (output) => expect(output).toContain('nas.example:/volume/zitadel-backup'),
    '6.4 The server': (output) => {
      expect(output).toMatch(/^true\n/);
      expect(isSuspended()).toBe(true);
      expect(shell.flux()).toEqual(
        ['resume', 'reconcile'].map((verb) =>
          expect.stringMatching(`^${verb} kustomization identity-internal-backup `),
        ),
      );
    },
    '6.5 Restore': (output) => {
      expect(output).toMatch(/created roles that were missing: .*Set those of the roles that log in: zitadel\./);
      expect(live()).toBe(dumped);
    },
    '6.6 Passwords of the roles': () => {
      expect(cluster.requests.at(-1)).toMatch(
        /\/pods\/zitadel-db-0\/exec\?command=psql&command=-U&command=postgres&command=-c&command=%5Cpassword\+postgres&/,
      );
    },
    '6.7 Start ZITADEL': (output) => {
      expect(output).toMatch(/^false\n/);
      expect(isSuspended()).toBe(false);
      serves();
    },
    'One now': proven,
    'One of a certain dump': (output) => {
      proven(output);
      expect(instance.evidence().dump).toBe(dump);
    },
    'The evidence of the last drill': (output) => expect(output).toContain('"verdict": "proven"'),
    '8.1 After a backup': (output) => expect(output).toMatch(/condition met/),
    '8.2 After a restore': (output) =>
      expect(output).toMatch(
        /^REQUEST [^]*^undo-\S+ +undo +undo [^]*^restore-\S+ +restore +zitadel-\S+ +20\S+Z +\d+\n[^]*successfully rolled out[^]*ok/m,
      ),
    '8.3 Every week': (output) => expect(output).toMatch(/"lastProven": \{ [^]*drill-[^]*bytes are free on the share/),
    '9. Suspend backups': (output) => expect(output).toMatch(/^false\n[^]*complete and verified/),
    '10. The storage is full': (output) =>
      expect(output).toMatch(
        / dumps have \d+ bytes[^]*bytes are free on the share[^]* is held by person until 20[^]*complete and verified/,
      ),
  };

  function restored(): void {
    expect(live()).toBe(dumped);
    expect(databases()).toHaveLength(2);
    serves();
    expect(shell.flux()).toEqual([
      'suspend kustomization identity-internal -n flux-system',
      'suspend helmrelease zitadel -n identity-internal',
      'resume kustomization identity-internal -n flux-system',
      'resume helmrelease zitadel -n identity-internal',
      'reconcile helmrelease zitadel -n identity-internal --force',
    ]);
  }

  function proven(output: string): void {
    expect(output).toContain('== verdict: proven');
    expect(output).toMatch(/condition met\n$/);
  }

  test('nothing is expected of a section that is not there', () => {
    const headings = sections.map(({ heading }) => heading);
    expect([...Object.keys(given), ...Object.keys(then)].filter((heading) => !headings.includes(heading))).toEqual([]);
    expect(headings.filter((heading) => then[heading] === undefined)).toEqual([
      'Suspend',
      'Resume',
      'What is suspended',
      'Apply what is in Git, now',
    ]);
  });

  test.each(sections.map(({ heading, blocks }) => [heading, blocks] as const))('%s', async (heading, blocks) => {
    given[heading]?.();
    shell.flux();
    before = databases().includes('zitadel') ? live() : '';
    const { status, output } = await shell.type(blocks);
    expect({ status, output }).toEqual({ status: 0, output: expect.any(String) });
    then[heading]?.(output);
  });

  describe('and what is wrong in it', () => {
    test('a dump that is not there cannot be held', async () => {
      const hold = sections.find(({ heading }) => heading === 'Hold an existing dump')!.blocks;
      const { status, output } = await shell.type(
        hold.map((block) => block.replace(`dump=${dump}`, `dump=${dump}0`).replace('--timeout=1m', '--timeout=1s')),
      );
      expect(output).toContain(`there is no dump ${dump}0 in`);
      expect([status === 0, instance.files().filter((file) => file.startsWith(`${dump}0`))]).toEqual([false, []]);
    });

    const list = sections
      .find(({ heading }) => heading === 'List them')!
      .blocks.map((block) => block.replace('--timeout=1m', '--timeout=1s'));
    const wrong = (from: string, to: string): Promise<Outcome> =>
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
        'is none of restore, list',
      ],
    ])('%s is noticed', async (_, from, to, why) => {
      const { status, output } = await wrong(from, to);
      expect(output).toContain(why);
      expect(status).not.toBe(0);
    });
  });
});
