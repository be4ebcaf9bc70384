import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { eventually } from '../support/machine/eventually';
import { toolbox } from '../support/machine/toolbox';
import type { Manifest } from '../support/manifests/synth';
import type { Rule } from '../support/pods/fake-api';
import { Instance, MASTERKEY } from '../support/pods/instance';
import { PostgresServer } from '../support/postgres/postgres-server';
import { SessionClient } from '../support/postgres/session-client';
import { PluginRun, type Said } from '../support/runbook/plugin-shell';
import { RunbookCluster } from '../support/runbook/runbook-cluster';
import { clusterObjects, declaredNames } from '../support/runbook/runbook-objects';
import { RunbookShell } from '../support/runbook/runbook-shell';
import { fingerprint } from '../support/secrets/fingerprint';
import { createIdentityDatabase } from '../support/zitadel/identity-database';
import { DataKey, encryptionSql, JWK, keyPairAdded, PEM, webKeyAdded } from '../support/zitadel/zitadel-encryption';

const page = readFileSync(join(__dirname, '../../docs/operations.md'), 'utf8');
const external = declaredNames();

(toolbox().kubectl === null ? describe.skip : describe)('kubectl pgbackup', () => {
  const oidc = new DataKey('oidcKey', MASTERKEY);
  const { namespace } = external[0]!;
  let server: PostgresServer;
  let instance: Instance;
  let cluster: RunbookCluster;
  let shell: RunbookShell;

  const live = (): string => fingerprint(server, 'zitadel');
  const databases = (): string[] =>
    server
      .sql('postgres', "SELECT datname FROM pg_database WHERE datname LIKE 'zitadel%' ORDER BY 1")
      .split('\n')
      .filter(Boolean);
  const damage = (): void => {
    server.sql('zitadel', 'CREATE TABLE damage ()');
  };
  const start = (args: string, env: Record<string, string> = {}): PluginRun =>
    new PluginRun({ ...shell.env, ...env }, ['-n', namespace, ...args.split(' ')], false);
  const onTerminal = (args: string, env: Record<string, string> = {}): PluginRun =>
    new PluginRun({ ...shell.env, TERM: 'xterm', ...env }, ['-n', namespace, ...args.split(' ')], true);
  const pgbackup = (args: string, env: Record<string, string> = {}): Promise<Said> => start(args, env).ended;
  const newestJob = (): Manifest => cluster.object('Job', cluster.jobs.at(-1)!.metadata.name);
  const jobsMade = async (during: () => Promise<unknown>): Promise<number> => {
    const before = cluster.jobs.length;
    await during();
    return cluster.jobs.length - before;
  };

  beforeAll(async () => {
    server = await PostgresServer.start();
    createIdentityDatabase(server);
    server.sql('zitadel', encryptionSql([oidc], [keyPairAdded(oidc.value(PEM)), webKeyAdded(oidc.value(JWK))]));
    instance = new Instance(server, 'busybox', undefined, { env: { KEEP_LAST: '99' } });
    cluster = new RunbookCluster(clusterObjects(external), (job) => instance.startJob(job));
    shell = new RunbookShell(await cluster.open());
  });
  afterAll(async () => {
    await cluster?.close();
    await server?.stop();
  });
  afterEach(() => {
    cluster.rules = undefined;
    cluster.hindrance = undefined;
    cluster.cuts.length = 0;
  });

  describe('before there is a dump', () => {
    test('the status is red, and says what to do', async () => {
      const { status, stdout } = await pgbackup('status');
      expect(stdout).toMatch(/^RED {2}zitadel-db-backup: .*\n[^]*RED +newest dump +none .*kubectl pgbackup .*backup\n/);
      expect(status).toBe(1);
    });

    test('a restore fails, with the status and the words of its Job', async () => {
      const { status, stdout, stderr } = await pgbackup('preflight');
      expect(stdout).toContain('cannot read /backups/zitadel. Is the claim mounted');
      expect(stderr).toMatch(/failed: the Job preflight-\S/);
      expect(status).toBe(1);
    });
  });

  describe('with a dump', () => {
    let dump: string;
    let dumped: string;

    beforeAll(async () => {
      dumped = live();
      const { status, stdout, stderr } = await pgbackup('backup --hold P30D --label before-upgrade');
      expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
      // The log of every container, in their order, and not the line for programs.
      expect(stdout).toMatch(/^check-secrets: [^]*complete and verified.*label is before-upgrade/);
      expect(stdout).not.toContain('{"pgbackup"');
      dump = instance.dumps()[0]!;
      expect(instance.files()).toContain(`${dump}.person.hold`);
    });

    test('status tells it without a Job, for people and for programs', async () => {
      let text!: Said;
      let json!: Said;
      const made = await jobsMade(async () => {
        text = await pgbackup('status');
        json = await pgbackup('status -o json');
      });
      expect(made).toBe(0);
      expect(text.stdout).toMatch(
        new RegExp(`^YELLOW .*\\n[^]*GREEN +newest dump +${dump}, .* old, [^]*GREEN +secrets `),
      );
      expect(text.stdout).toMatch(/YELLOW +last proven +never/);
      expect(text.stdout.split('\n').length).toBeLessThan(20);
      expect([text.status, json.status]).toEqual([0, 0]);
      expect(JSON.parse(json.stdout)).toEqual([
        expect.objectContaining({
          backup: 'zitadel-db-backup',
          light: 'yellow',
          newestDump: dump,
          allowedSeconds: 111600,
          secrets: 'ok',
          dumps: 1,
          held: 1,
          freeBytes: expect.any(Number),
          reclaimPolicy: 'Retain',
          suspended: null,
        }),
      ]);
    });

    test('a dump that is older than the schedule allows is red', async () => {
      const cronJob = cluster.object('CronJob', 'zitadel-db-backup');
      const annotations = cronJob.metadata.annotations!;
      const allowed = annotations['cdk8s-postgres-backup/overdue-after-seconds']!;
      annotations['cdk8s-postgres-backup/overdue-after-seconds'] = '0';
      const { status, stdout } = await pgbackup('status');
      annotations['cdk8s-postgres-backup/overdue-after-seconds'] = allowed;
      expect(stdout).toMatch(/^RED [^]*RED +recovery point .* Back up now/);
      expect(status).toBe(1);
    });

    test('what is suspended is told, and that a backup is, is yellow', async () => {
      cluster.object('CronJob', 'zitadel-db-backup').spec.suspend = true;
      const { stdout } = await pgbackup('status');
      cluster.object('CronJob', 'zitadel-db-backup').spec.suspend = false;
      expect(stdout).toMatch(/YELLOW +suspended +zitadel-db-backup\n/);
    });

    describe('the claim of the dumps', () => {
      const claim = (): Manifest => cluster.object('PersistentVolumeClaim', 'zitadel-backup');
      const volume = (): Manifest => cluster.object('PersistentVolume', 'volume');
      afterEach(() => {
        claim().status.phase = 'Bound';
        volume().spec.persistentVolumeReclaimPolicy = 'Retain';
      });

      test('is yellow where its volume goes with it, with the command that keeps the volume', async () => {
        volume().spec.persistentVolumeReclaimPolicy = 'Delete';
        expect((await pgbackup('status')).stdout).toMatch(
          /YELLOW +claim +zitadel-backup: [^]*kubectl patch persistentvolume volume -p '\{"spec":\{"persistentVolumeReclaimPolicy":"Retain"\}\}'\n/,
        );
      });

      test('is red where it has no volume', async () => {
        claim().status.phase = 'Pending';
        const { status, stdout } = await pgbackup('status');
        expect(stdout).toMatch(/RED +claim +zitadel-backup is Pending: no pod starts that mounts it/);
        expect(status).toBe(1);
      });

      test('is not spoken of where the account may not look', async () => {
        cluster.rules = [
          { apiGroups: ['', 'batch'], resources: ['cronjobs', 'jobs', 'pods', 'pods/log'], verbs: ['get', 'list'] },
        ];
        const { status, stdout } = await pgbackup('status');
        expect(stdout).not.toMatch(/ claim /);
        expect(status).toBe(0);
      });
    });

    test('list, usage and restores print what the storage has; list as JSON too', async () => {
      expect(await pgbackup('list')).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(new RegExp(`^NAME .*\\n${dump} .* before-upgrade +\\S.*\\n$`)),
      });
      const { stdout } = await pgbackup('list -o json');
      expect(JSON.parse(stdout)).toEqual([
        expect.objectContaining({ dump, verified: true, secrets: 'same', label: 'before-upgrade' }),
      ]);
      expect((await pgbackup('usage')).stdout).toMatch(/bytes are free on the share/);
      expect((await pgbackup('restores')).stdout).toMatch(/^REQUEST +ACTION/);
      expect(await pgbackup('verify')).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('all 1 dumps are whole'),
      });
    });

    test('release ends the hold, hold sets one', async () => {
      expect((await pgbackup(`release --dump ${dump}`)).status).toBe(0);
      expect(instance.files()).not.toContain(`${dump}.person.hold`);
      expect(await pgbackup(`hold --dump ${dump} --for P7D`)).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(/is held by person until 20/),
      });
      expect(instance.files()).toContain(`${dump}.person.hold`);
    });

    test('a drill is followed to its verdict; evidence and status tell it', async () => {
      expect(await pgbackup('evidence')).toMatchObject({ status: 1, stdout: expect.stringContaining('Drill first') });
      const { status, stdout } = await pgbackup('drill');
      expect(stdout).toMatch(/^check-secrets: [^]*drill-restore: [^]*drill-decrypt: [^]*== verdict: proven/);
      expect(status).toBe(0);
      const evidence = await pgbackup('evidence -o json');
      expect(JSON.parse(evidence.stdout)).toEqual(instance.evidence());
      const { stdout: text } = await pgbackup('status');
      expect(text).toMatch(/^GREEN [^]*GREEN +last proven +\d+ s ago; a restore takes \d+ s\n/);
    });

    describe('what changes the live database', () => {
      test.each(['restore', 'cutover', 'undo', 'drop-previous'])(
        '%s does nothing without a terminal',
        async (command) => {
          const made = await jobsMade(async () => {
            const { status, stderr } = await pgbackup(command);
            expect(stderr).toContain('there is no terminal to confirm it on. Nothing was changed. Give --yes');
            expect(status).toBe(2);
          });
          expect(made).toBe(0);
        },
      );

      test('a person who does not say yes has changed nothing, and knew what was at stake', async () => {
        const service = new SessionClient(server, 'zitadel');
        damage();
        const before = live();
        const run = onTerminal('restore --disconnect');
        await run.said(/Type yes to go on/);
        run.type('no');
        const { status, stdout } = await run.ended;
        await service.stop();
        expect(stdout).toMatch(new RegExp(`restore of the database "zitadel" on [^]*to: +${dump}, taken .* ago`));
        expect(stdout).toMatch(/sessions: +[1-9]\d* now; they are ended/);
        expect(stdout).toMatch(/undo: +kubectl pgbackup .* undo/);
        expect([status, live()]).toEqual([2, before]);
      });

      test('a person who says yes has restored; undo goes back; drop-previous frees the space', async () => {
        const before = live();
        const run = onTerminal('restore --disconnect');
        await run.said(/Type yes to go on/);
        run.type('yes');
        expect((await run.ended).status).toBe(0);
        expect([live(), databases().length]).toEqual([dumped, 2]);
        expect((await pgbackup('undo --yes --disconnect')).status).toBe(0);
        expect(live()).toBe(before);
        expect((await pgbackup('drop-previous --yes')).status).toBe(0);
        expect(databases()).toEqual(['zitadel']);
      });

      test('prepare changes nothing and does not ask; cutover exchanges', async () => {
        const before = live();
        expect((await pgbackup('prepare --yesterday')).status).toBe(1);
        expect((await pgbackup(`prepare --dump ${dump}`)).status).toBe(0);
        expect(live()).toBe(before);
        const run = onTerminal('cutover --disconnect');
        await run.said(new RegExp(`to: +${dump}, taken .* which is prepared[^]*Type yes`));
        run.type('yes');
        expect((await run.ended).status).toBe(0);
        expect(live()).toBe(dumped);
      });

      test('a rehearsal does not ask, and changes nothing', async () => {
        const before = [live(), databases()];
        expect(await pgbackup('restore --rehearse')).toMatchObject({
          status: 0,
          stdout: expect.stringContaining('rehearsed: '),
        });
        expect([live(), databases()]).toEqual(before);
      });
    });

    describe('the log is followed', () => {
      test('over connections that are cut in the middle of a line, and no line is shown twice', async () => {
        for (const after of [20, 90, 91, 300]) cluster.cuts.push({ after, cleanly: after === 90 || after === 300 });
        const run = start(`preflight --dump ${dump}`);
        const job = (await run.said(/the Job (preflight-\S+) is made/))[1]!;
        const { status, stdout } = await run.ended;
        const pod = cluster.pod(job);
        const log = (pod.log('check-secrets')! + pod.log('restore')!).replace(/^\{"pgbackup".*\n/m, '');
        expect(stdout).toBe(log);
        expect(status).toBe(0);
        expect(cluster.cuts).toEqual([]);
      });

      test.each([
        ['Ctrl-C', 130, (run: PluginRun) => run.interrupt()],
        ['SIGTERM', 143, (run: PluginRun) => run.terminate()],
      ])('%s leaves the Job running, and logs comes back to it', async (_, expected, stop) => {
        const run = start('drill');
        const job = (await run.said(/the Job (drill-\S+) is made/))[1]!;
        await eventually('the drill has a pod', () => cluster.hasPod(job));
        await cluster.pod(job).waitForOutput(/drill-restore: /);
        // A log that says nothing more: a kubectl that has nowhere to write to would not notice.
        cluster.pod(job).kill('SIGSTOP');
        await run.said(/drill-restore: /);
        stop(run);
        const { status, stderr } = await run.ended;
        const ended = eventually('no kubectl follows the log any more', () => cluster.followers === 0);
        await ended.finally(() => cluster.pod(job).kill('SIGCONT'));
        expect(stderr).toContain(`The Job ${job}`.replace('The', 'the') + ' runs on.');
        expect(stderr).toContain(`kubectl pgbackup -n ${namespace} logs ${job}`);
        expect(status).toBe(expected);
        expect(newestJob().status.conditions).toBeUndefined();
        const { status: again, stdout } = await pgbackup('logs');
        expect(stdout).toMatch(/^check-secrets: [^]*== verdict: proven/);
        expect(again).toBe(0);
      });

      test('over a pod that is killed, to the next one', async () => {
        // The dump waits for the lock, however late the kill comes.
        let lock!: SessionClient;
        await new Promise<void>((resolve) => {
          const commands = "BEGIN; LOCK TABLE projections.sessions; SELECT 'locked'; SELECT pg_sleep(600);";
          lock = new SessionClient(server, 'zitadel', commands, (line) => line === 'locked' && resolve());
        });
        const run = start('backup');
        await run.said(/backup: dumping/);
        cluster.pod(newestJob().metadata.name).kill('SIGKILL');
        await lock.stop();
        const { status, stdout, stderr } = await run.ended;
        expect(stderr).toMatch(/another pod, \S+-pod2, takes over/);
        expect(stdout).toContain('complete and verified');
        expect(status).toBe(0);
      });

      test.each([
        [
          'an image that cannot be pulled',
          { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "postgres:16.4"' } },
          /does not start: ImagePullBackOff: Back-off pulling image/,
        ],
        [
          'a claim that is not bound',
          { unscheduled: 'pod has unbound immediate PersistentVolumeClaims' },
          /does not start: pod has unbound/,
        ],
        [
          'a quota',
          { noPod: { reason: 'FailedCreate', message: 'exceeded quota: small' } },
          /FailedCreate: exceeded quota/,
        ],
      ])('to its failure before its first line, and %s is told', async (_, hindrance, told) => {
        cluster.hindrance = hindrance;
        const run = start('backup');
        await run.said(told);
        cluster.end(newestJob(), 'Failed', 'DeadlineExceeded', 'Job was active longer than specified deadline');
        const { status, stderr } = await run.ended;
        expect(stderr).toMatch(/failed: the Job backup-\S+[^]*DeadlineExceeded: Job was active longer/);
        expect(status).toBe(1);
      });

      test('to a Job that somebody deletes, which is no success', async () => {
        cluster.hindrance = { unscheduled: 'no node' };
        const run = start('backup');
        await run.said(/does not start: no node/);
        cluster.remove('Job', newestJob().metadata.name);
        const { status, stderr } = await run.ended;
        expect(stderr).toContain('is gone');
        expect(status).toBe(1);
      });

      test('over an API server that is away for a moment, while a Job runs', async () => {
        const run = start('preflight');
        await run.said(/check-secrets: /);
        cluster.hangUp();
        await run.said(/the API server does not answer; the Job preflight-\S+ is not affected by that/);
        await cluster.open();
        const { status, stdout, stderr } = await run.ended;
        expect(stderr).toContain('the API server answers again');
        expect(stdout.match(/5 secrets are expected/g)).toHaveLength(1);
        expect(status).toBe(0);
      });

      test('of an API server that stays away, only so long', async () => {
        cluster.hindrance = { unscheduled: 'no node' };
        const run = start('backup', { PGBACKUP_PATIENCE: '2' });
        await run.said(/does not start: no node/);
        cluster.hangUp();
        const { status, stderr } = await run.ended;
        await cluster.open();
        expect(stderr).toMatch(/has not answered for 2 s[^]*Come back with: kubectl pgbackup .* logs backup-/);
        expect(status).toBe(1);
        cluster.end(newestJob(), 'Failed', 'DeadlineExceeded', 'by the test');
      });
    });

    test('a backup that no restore could use ends with 3, and status is red', async () => {
      const secret = instance.secrets['zitadel-secret']!;
      delete instance.secrets['zitadel-secret'];
      const { status, stderr } = await pgbackup('backup');
      instance.secrets['zitadel-secret'] = secret;
      expect(status).toBe(3);
      expect(stderr).toMatch(/failed: the Job backup-/);
      const after = await pgbackup('status');
      expect(after.stdout).toMatch(/RED +secrets .*masterkey/);
      expect(after.status).toBe(1);
    });

    test('a drill whose key is refuted ends with 4, and status is red', async () => {
      const { masterkey } = instance.secrets['zitadel-secret']!;
      instance.secrets['zitadel-secret']!.masterkey = 'AnotherMasterkeyOf32Characters!!';
      const { status } = await pgbackup(`drill --dump ${dump}`);
      instance.secrets['zitadel-secret']!.masterkey = masterkey!;
      expect(status).toBe(4);
      const { stdout } = await pgbackup('status');
      expect(stdout).toMatch(/GREEN +last proven [^]*RED +last drill +\S+ refuted: /);
    });
  });

  describe('--dry-run', () => {
    test('makes no Job, and prints what a shell can run', async () => {
      let printed!: Said;
      expect(await jobsMade(async () => (printed = await pgbackup('usage --dry-run')))).toBe(0);
      expect(printed.status).toBe(0);
      expect(await jobsMade(() => shell.type([printed.stdout]))).toBe(1);
      await cluster.pod(newestJob().metadata.name).result;
      expect(cluster.pod(newestJob().metadata.name).log('restore')).toContain('bytes are free on the share');
    });

    test('also of what asks, since nothing is changed', async () => {
      const { status, stdout } = await pgbackup('restore --dry-run --disconnect');
      expect(stdout).toMatch(/RESTORE_ACTION=restore RESTORE_SESSIONS=disconnect -o yaml/);
      expect(status).toBe(0);
    });
  });

  describe('two backups in the namespace', () => {
    const others = ['backup', 'restore', 'drill'].map((component) => `shop-${component}`);

    beforeAll(() => {
      for (const name of others) {
        const other = structuredClone(cluster.object('CronJob', name.replace('shop', 'zitadel-db')));
        const text = JSON.stringify(other)
          .replaceAll('/backups/zitadel', '/backups/shop')
          .replaceAll(`"zitadel-db-${name.split('-')[1]}"`, `"${name}"`);
        cluster.put(JSON.parse(text) as Manifest);
      }
    });
    afterAll(() => others.forEach((name) => cluster.remove('CronJob', name)));

    test('neither is guessed', async () => {
      const { status, stderr } = await pgbackup('backup');
      expect(stderr).toMatch(/several backups: zitadel-db-backup shop-backup\. Choose one with --backup NAME/);
      expect(status).toBe(2);
    });

    test('each has the template and the drill of its own folder', async () => {
      const lines = async (args: string): Promise<string> => (await pgbackup(`--dry-run ${args}`)).stdout;
      expect(await lines('--backup shop-backup list')).toContain('--from=cronjob/shop-restore ');
      expect(await lines('--backup zitadel-db-backup list')).toContain('--from=cronjob/zitadel-db-restore ');
      expect(await lines('--backup shop-backup drill')).toContain('--from=cronjob/shop-drill ');
    });

    test('status shows both, or the one that is named', async () => {
      expect(JSON.parse((await pgbackup('status -o json')).stdout)).toHaveLength(2);
      expect(JSON.parse((await pgbackup('status -o json --backup shop-backup')).stdout)).toHaveLength(1);
    });
  });

  describe('the Role of docs/operations.md', () => {
    const documents = /```yaml\n([^]*?kind: Role\n[^]*?)```/.exec(page)![1]!;
    const role = parseAllDocuments(documents).map((document) => document.toJS() as Manifest)[0]!;
    const rules = role.rules as Rule[];
    const rights = (list: readonly Rule[]): string[] =>
      list.flatMap(({ apiGroups, resources, verbs }) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${apiGroups[0] || 'core'} ${resource}`)),
      );

    test('is all that the plugin needs, and no more', async () => {
      cluster.asked.clear();
      cluster.rules = rules;
      cluster.hindrance = { noPod: { reason: 'FailedCreate', message: 'exceeded quota' } };
      const run = start('usage');
      await run.said(/FailedCreate/);
      cluster.end(newestJob(), 'Failed', 'DeadlineExceeded', 'by the test');
      await run.ended;
      cluster.hindrance = undefined;
      for (const command of ['usage', 'status', 'logs']) await pgbackup(command);
      // The plugin leaves a Job running, and says how a person ends it.
      expect([...cluster.asked, 'delete batch jobs'].sort()).toEqual(rights(rules).sort());
    });

    test.each(['list batch cronjobs', 'list batch jobs', 'get core pods/log', 'list core pods', 'create batch jobs'])(
      'without %s, the plugin says so',
      async (right) => {
        const [verb, group, resource] = right.split(' ') as [string, string, string];
        cluster.rules = rights(rules)
          .filter((other) => other !== right)
          .map((other) => other.split(' ') as [string, string, string])
          .map(([v, g, r]) => ({ apiGroups: [g === 'core' ? '' : g], resources: [r], verbs: [v] }));
        const { status, stderr } = await pgbackup(verb === 'create' ? 'usage' : 'status');
        expect(stderr).toMatch(
          new RegExp(`lacks:\\n {2}${verb} ${resource} \\(${group}\\)\\ndocs/operations.md has the Role`),
        );
        expect(status).toBe(2);
      },
    );
  });

  describe('the command line', () => {
    test.each([
      ['', 'usage: kubectl pgbackup'],
      ['backpu', 'backpu is not a command. The commands are: status list'],
      ['--backup', '--backup needs a value'],
      ['restore --before yesterday', '--before (yesterday) is not a time in UTC'],
      ['restore --dump a --yesterday', '--dump and --before exclude each other'],
      ['restore --wait --disconnect', '--wait and --disconnect exclude each other'],
      ['backup --rehearse', '--rehearse is not for backup, but for: restore'],
      ['backup --hold 30', '--hold (30) is not a number of days'],
      ['restore --ignore all', '--ignore (all) is not one of secrets'],
      ['hold', 'hold needs --dump NAME'],
      ['usage -o json', '-o is not for usage'],
      ['status -o yaml', '-o (yaml) is not json'],
      ['--backup nothing list', '--backup (nothing) is not one of: zitadel-db-backup'],
      ['logs nothing', 'there is no Job nothing'],
    ])('"%s" is refused before anything is done', async (args, why) => {
      const { status, stderr } = await pgbackup(args.trim() === '' ? '--yes' : args);
      expect(stderr).toContain(why);
      expect(status).toBe(2);
    });

    test.each(['', 'status', 'backup', 'restore', 'drill', 'hold', 'list', 'logs'])(
      '%s --help has examples or options',
      async (command) => {
        const { status, stdout } = await pgbackup(`${command} --help`.trim());
        expect(stdout).toContain(`kubectl pgbackup ${command}`);
        expect(status).toBe(0);
      },
    );

    test('completion offers commands, options of a command, and backups', async () => {
      const offers = async (args: string): Promise<string[]> =>
        (await pgbackup(`__complete ${args}`)).stdout.split('\n');
      expect(await offers('res')).toEqual(['restores', 'restore', '']);
      expect(await offers('restore --re')).toEqual(['--refuse', '--rehearse', '']);
      expect(await offers('list --backup zi')).toEqual(['zitadel-db-backup', '']);
      const { output, status } = await shell.type([
        (await pgbackup('completion bash')).stdout
          .replace(/^/, "bash -euc '")
          .replace(/$/, "'")
          .replaceAll("IFS=$'\\n'", 'IFS='),
      ]);
      expect([status, output]).toEqual([0, '']);
    });

    test('colours are for terminals alone, and NO_COLOR is heard', async () => {
      const escape = String.fromCharCode(27);
      expect((await pgbackup('status')).stdout).not.toContain(escape);
      expect((await onTerminal('status').ended).stdout).toContain(`${escape}[3`);
      expect((await onTerminal('status', { NO_COLOR: '1' }).ended).stdout).not.toContain(escape);
    });
  });
});
