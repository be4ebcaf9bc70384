import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isRoot } from '../support/machine/machine';
import { makeClaim, runPod, startPod, type PodOptions } from '../support/pods/pod';
import { PostgresServer } from '../support/postgres/postgres-server';
import { memoryFolder, runFolder } from '../support/machine/run-folder';
import { isSandboxed } from '../support/machine/sandbox';
import {
  GID,
  podOptions,
  SCRIPTS_VOLUME,
  SHARED_VOLUME,
  sharingContainer,
  UID,
  type Sketch,
} from '../support/pods/sketch';

// Shown as skipped where the machine cannot keep the promise.
const itSandboxed = isSandboxed() ? it : it.skip;
const itAsRoot = isRoot ? it : it.skip;

const print = async (sketch: Sketch, more?: Partial<PodOptions>): Promise<string> => {
  const { status, stdout, stderr } = await runPod(podOptions(sketch, more));
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout.trim();
};

const echoEnv = (env: object[], ...names: string[]): Sketch => ({
  script: names.map((name) => `echo "\${${name}-unset}"`).join('\n'),
  container: { env },
});

describe('a pod', () => {
  it.each([
    ['busybox', /busybox/],
    ['gnu', /\/dash$/],
  ] as const)('has the /bin/sh of %s, and the same bash', async (userland, program) => {
    expect(await print({ script: 'readlink -f /proc/$$/exe' }, { userland })).toMatch(program);
    expect(await print({ script: 'readlink -f "$(command -v bash)"' }, { userland })).toMatch(/\/bash$/);
  });

  it('finds the core utilities of busybox under busybox and those of the system under gnu', async () => {
    const script = 'readlink -f "$(command -v sort)"';
    expect(await print({ script }, { userland: 'busybox' })).toMatch(/busybox$/);
    expect(await print({ script }, { userland: 'gnu' })).not.toMatch(/busybox$/);
  });

  it.each(['busybox', 'gnu'] as const)('finds the PostgreSQL client programs under %s', async (userland) => {
    expect(await print({ script: 'psql --version; pg_dump --version; pg_restore --version' }, { userland })).toMatch(
      /^(.*PostgreSQL\) \d+.*\n?){3}$/,
    );
  });

  itAsRoot('runs as the user and group of its manifest and in no other group', async () => {
    expect(await print({ script: 'id -u; id -g; id -G' })).toBe('999\n998\n998');
    const securityContext = { runAsUser: 70, runAsGroup: 71, fsGroup: 72 };
    expect(await print({ script: 'id -u; id -g; id -G', spec: { securityContext } })).toBe('70\n71\n71 72');
  });

  it('is refused where it must not be root and no user is named', async () => {
    const refused = runPod(podOptions({ script: 'id', spec: { securityContext: { runAsNonRoot: true } } }));
    await expect(refused).rejects.toThrow('CreateContainerConfigError: container has runAsNonRoot');
  });

  itSandboxed('cannot write to its root file system, not even as root', async () => {
    const script = 'touch /file /usr/file /etc/passwd /opt/userland/file || echo refused';
    const { stdout, stderr } = await runPod(
      podOptions({ script, spec: { securityContext: { runAsUser: 0 }, volumes: [SCRIPTS_VOLUME] } }),
    );
    expect(stdout).toBe('refused\n');
    expect(stderr.match(/Read-only file system/g)).toHaveLength(4);
  });

  itSandboxed('writes to a root file system that is not read-only, and leaves nothing of it', async () => {
    const sketch = {
      script: 'test ! -e /file && touch /file && echo written',
      container: { securityContext: {} },
      spec: { securityContext: { runAsUser: 0 } },
    };
    expect(await print(sketch)).toBe('written');
    expect(await print(sketch)).toBe('written');
  });

  it("has no environment but its manifest's, PATH and HOME", async () => {
    process.env.LEAK = 'leaked';
    const env = await print({
      script: 'tr "\\0" "\\n" </proc/$$/environ | cut -d= -f1 | sort',
      container: { env: [{ name: 'GIVEN', value: 'x' }] },
    });
    delete process.env.LEAK;
    expect(env).toBe('GIVEN\nHOME\nPATH');
  });

  it('expands variables, commands and arguments as Kubernetes does', async () => {
    const env = [
      { name: 'FIRST', value: 'one' },
      { name: 'SECOND', value: '$(FIRST)-$(THIRD)-$$(FIRST)-$$$$-$HOME-$(' },
      { name: 'THIRD', value: '$(SECOND)' },
    ];
    expect(await print(echoEnv(env, 'SECOND'))).toBe('one-$(THIRD)-$(FIRST)-$$-$HOME-$(');
    const container = { env, command: ['/bin/sh', '-c', 'echo "$0 $1"', '$(FIRST)'], args: ['$$(FIRST) $(NONE)'] };
    expect(await print({ script: '', container })).toBe('one $(FIRST) $(NONE)');
  });

  it('takes overridden variables in their old place, as kubectl set env does', async () => {
    const env = [
      { name: 'HOST', value: 'db' },
      { name: 'URL', value: 'to $(HOST)' },
    ];
    expect(await print(echoEnv(env, 'URL', 'NEW'), { env: { HOST: '127.0.0.1', NEW: 'new' } })).toBe(
      'to 127.0.0.1\nnew',
    );
  });

  it('gets its secrets byte for byte, as variables and as files', async () => {
    const password = `'"\\ $(x) \${y}\n%é`;
    const env = [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'login', key: 'password' } } }];
    const volumes = [
      SCRIPTS_VOLUME,
      { name: 'login', secret: { secretName: 'login', items: [{ key: 'password', path: 'deep/pass' }] } },
    ];
    const volumeMounts = [
      { name: 'scripts', mountPath: '/scripts' },
      { name: 'login', mountPath: '/login' },
    ];
    const container = { env: [...env, { name: 'FILE', value: '/login/deep/pass' }], volumeMounts };
    const sketch = { script: 'printf %s "$PASSWORD"; echo; cat "$FILE"', container, spec: { volumes } };
    expect(await print(sketch, { secrets: { login: { password } } })).toBe(`${password}\n${password}`);
  });

  it('does not start without a secret that it must have, and starts without one it may lack', async () => {
    const ref = (optional: boolean): object[] => [
      { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'login', key: 'password', optional } } },
    ];
    const strict = echoEnv(ref(false), 'PASSWORD');
    await expect(runPod(podOptions(strict))).rejects.toThrow('CreateContainerConfigError: secret "login" not found');
    await expect(runPod(podOptions(strict, { secrets: { login: {} } }))).rejects.toThrow(
      "CreateContainerConfigError: couldn't find key password",
    );
    expect(await print(echoEnv(ref(true), 'PASSWORD'))).toBe('unset');
  });

  it('knows its name, its namespace and its job', async () => {
    const field = (name: string, fieldPath: string): object => ({ name, valueFrom: { fieldRef: { fieldPath } } });
    const env = [
      field('POD', 'metadata.name'),
      field('SPACE', 'metadata.namespace'),
      field('JOB', "metadata.labels['batch.kubernetes.io/job-name']"),
      field('OLD', "metadata.labels['job-name']"),
      field('APP', "metadata.labels['app']"),
    ];
    expect(await print(echoEnv(env, 'POD', 'SPACE', 'JOB', 'OLD', 'APP'))).toMatch(
      /^job-1-\w{5}\nspace\njob-1\njob-1\nexample$/,
    );
    expect(await print(echoEnv(env, 'JOB'), { jobName: 'restore-7' })).toBe('restore-7');
  });

  it('writes to its claim, whose files stay, and to its own scratch folder, whose files go', async () => {
    const claim = makeClaim(UID, GID);
    const volumes = [
      SCRIPTS_VOLUME,
      { name: 'store', persistentVolumeClaim: { claimName: 'nas' } },
      { name: 'tmp', emptyDir: { medium: 'Memory' } },
    ];
    const volumeMounts = [
      { name: 'scripts', mountPath: '/scripts' },
      { name: 'store', mountPath: '/backups' },
      { name: 'store', mountPath: '/sub', subPath: 'a/b' },
      { name: 'tmp', mountPath: '/tmp' },
    ];
    const env = [
      { name: 'DIR', value: '/backups' },
      { name: 'SUB', value: '/sub' },
      { name: 'SCRATCH', value: '/tmp' },
    ];
    const script = 'ls -A "$SCRATCH"; date >"$SCRATCH/x"; date >"$DIR/dump"; date >"$SUB/dump"';
    const sketch = { script, container: { env, volumeMounts }, spec: { volumes } };
    mkdirSync(join(claim, 'a/b'), { recursive: true });
    if (isRoot) chownSync(join(claim, 'a/b'), UID, GID);
    expect(await print(sketch, { claims: { nas: claim } })).toBe('');
    expect(await print(sketch, { claims: { nas: claim } })).toBe('');
    expect(readdirSync(claim).sort()).toEqual(['a', 'dump']);
    expect(readFileSync(join(claim, 'a/b/dump'), 'utf8')).not.toBe('');
    if (isRoot) expect(statSync(join(claim, 'dump'))).toMatchObject({ uid: UID, gid: GID });
  });

  it('sees a volume that is mounted inside another one', async () => {
    const volumes = [SCRIPTS_VOLUME, { name: 'more', configMap: { name: 'more' } }];
    const volumeMounts = [
      { name: 'more', mountPath: '/scripts/more', readOnly: true },
      { name: 'scripts', mountPath: '/scripts', readOnly: true },
    ];
    const manifests = [{ kind: 'ConfigMap', metadata: { name: 'more' }, data: { 'word.sh': 'echo inside' } }];
    const sketch = { script: '. "${0%/*}/more/word.sh"', container: { volumeMounts }, spec: { volumes }, manifests };
    expect(await print(sketch)).toBe('inside');
  });

  itSandboxed('cannot write to what is mounted read-only, nor read files that only root may', async () => {
    const claim = makeClaim(UID);
    const volumes = [
      SCRIPTS_VOLUME,
      { name: 'store', persistentVolumeClaim: { claimName: 'nas' } },
      { name: 'login', secret: { secretName: 'login', defaultMode: 0o400 } },
    ];
    const volumeMounts = [
      { name: 'scripts', mountPath: '/scripts' },
      { name: 'store', mountPath: '/var/run/backups', readOnly: true },
      { name: 'login', mountPath: '/login' },
    ];
    const script =
      'touch /var/run/backups/x || echo first; cat /login/password || echo second; touch /scripts/x || echo third';
    const pod = podOptions(
      { script, container: { volumeMounts }, spec: { volumes } },
      { claims: { nas: claim }, secrets: { login: { password: 'p' } } },
    );
    const { stdout, stderr } = await runPod(pod);
    expect(stdout).toBe('first\nsecond\nthird\n');
    expect(stderr).toMatch(/Read-only file system\n.*Permission denied\n.*Read-only file system/);
  });

  it('reports its status, its output and what it wrote where', async () => {
    const result = await runPod(
      podOptions({ script: 'echo out; sleep 0.1; echo err >&2; sleep 0.1; echo end; exit 7' }),
    );
    expect(result).toMatchObject({
      status: 7,
      signal: null,
      stdout: 'out\nend\n',
      stderr: 'err\n',
      output: 'out\nerr\nend\n',
      failedContainer: 'main',
    });
  });

  it.each(['busybox', 'gnu'] as const)('gets a SIGTERM in its own process, under %s', async (userland) => {
    const pod = startPod(
      podOptions(
        { script: 'trap "echo stopping; exit 3" TERM; echo "ready $$"; while :; do sleep 0.05; done' },
        { userland },
      ),
    );
    const [, pid] = await pod.waitForOutput(/ready (\d+)/);
    if (isSandboxed()) expect(pid).toBe('1');
    pod.kill('SIGTERM');
    expect(await pod.result).toMatchObject({ status: 3, signal: null, stdout: expect.stringMatching(/\nstopping\n$/) });
  });

  it('takes everything that it started with it when it is killed', async () => {
    const pod = startPod(podOptions({ script: 'sleep 1000 & echo "$!"; wait' }));
    await pod.waitForOutput(/\d+/);
    pod.kill('SIGKILL');
    expect(await pod.result).toMatchObject({ status: 137, signal: 'SIGKILL', stderr: '' });
    expect(() => pod.kill('SIGTERM')).toThrow('No container is there');
  });

  it('says so where it ends without the output that is waited for', async () => {
    const pod = startPod(podOptions({ script: 'echo something else; exit 4' }));
    await expect(pod.waitForOutput(/ready/)).rejects.toThrow(/status 4\nsomething else/);
  });

  it('runs its init containers first, in order, with the same volumes', async () => {
    const initContainers = [
      sharingContainer('one', 'echo one >>"$DIR/log"'),
      sharingContainer('two', 'echo two >>"$DIR/log"'),
    ];
    const main = sharingContainer('main', 'cat "$DIR/log"');
    expect(await print({ script: '', container: main, spec: { initContainers, volumes: [SHARED_VOLUME] } })).toBe(
      'one\ntwo',
    );
  });

  it('stops at an init container that fails', async () => {
    const initContainers = [
      sharingContainer('one', 'echo fine'),
      sharingContainer('two', 'echo broken >&2; exit 5'),
      sharingContainer('three', 'echo never'),
    ];
    const pod = startPod(
      podOptions({ script: 'echo never', spec: { initContainers, volumes: [SCRIPTS_VOLUME, SHARED_VOLUME] } }),
    );
    const result = await pod.result;
    expect(result).toMatchObject({
      status: 5,
      failedContainer: 'two',
      stderr: 'broken\n',
      initContainers: { one: { status: 0 } },
    });
    expect(pod.output()).toBe('fine\nbroken\n');
  });

  it('leaves no folder behind', async () => {
    await print({ script: 'true' });
    expect(readdirSync(runFolder()).filter((name) => name.startsWith(`pod${process.env.JEST_WORKER_ID}-`))).toEqual([]);
    expect(readdirSync(join(runFolder(), 'root'))).toEqual([]);
  });
});

describe('a server', () => {
  it('answers SQL, keeps its data over a restart and a crash, and leaves nothing behind', async () => {
    const server = await PostgresServer.start({ settings: { work_mem: '5MB', application_name: "o'clock" } });
    const folder = server.sql('postgres', 'SHOW data_directory');
    const { port } = server;
    expect(server.sql('postgres', 'SHOW work_mem; SHOW application_name; SHOW server_encoding; SHOW fsync')).toBe(
      '5MB\npsql\nUTF8\noff',
    );
    server.sql('postgres', 'CREATE DATABASE "Ä b"');
    server.sql('Ä b', 'CREATE TABLE t AS SELECT 1 AS n');
    await server.restart();
    server.kill();
    await server.restart();
    expect(server.sql('Ä b', 'SELECT n FROM t')).toBe('1');
    expect(server.port).toBe(port);
    const { pid } = server;
    await server.stop();
    expect(existsSync(join(folder, '..'))).toBe(false);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    await server.stop();
  });

  it('throws what psql says of an error', async () => {
    const server = await PostgresServer.start();
    expect(() => server.sql('postgres', 'SELECT 1; SELECT nonsense')).toThrow(/column "nonsense" does not exist/);
    expect(() => server.sql('nowhere', 'SELECT 1')).toThrow(/database "nowhere" does not exist/);
    await server.stop('immediate');
  });

  it('takes arguments for initdb', async () => {
    const server = await PostgresServer.start({ initdbArgs: ['--data-checksums'] });
    expect(server.sql('postgres', 'SHOW data_checksums')).toBe('on');
    await server.stop();
  });

  it('says why it does not start', async () => {
    await expect(PostgresServer.start({ settings: { work_mem: 'nonsense' } })).rejects.toThrow(
      /invalid value for parameter "work_mem"/,
    );
  });

  it.each(['busybox', 'gnu'] as const)('lets a pod in with the password alone, under %s', async (userland) => {
    const server = await PostgresServer.start();
    const env = [
      { name: 'PGPASSWORD', valueFrom: { secretKeyRef: { name: 'login', key: 'password' } } },
      { name: 'PGUSER', value: 'postgres' },
    ];
    const sketch = { script: 'psql -XAtc "SELECT 42" postgres', container: { env } };
    const more = { userland, env: { PGHOST: server.host, PGPORT: String(server.port) } };
    expect(await print(sketch, { ...more, secrets: { login: { password: server.password } } })).toBe('42');
    const denied = await runPod(podOptions(sketch, { ...more, secrets: { login: { password: 'wrong' } } }));
    expect(denied.status).toBe(2);
    expect(denied.stderr).toContain('password authentication failed');
    await server.stop();
  });

  it('runs beside others', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => PostgresServer.start()));
    expect(new Set(servers.map(({ port }) => port)).size).toBe(3);
    expect(new Set(servers.map(({ password }) => password)).size).toBe(3);
    await Promise.all(servers.map((server) => server.stop()));
    expect(readdirSync(memoryFolder()).filter((name) => name.startsWith(`s${process.env.JEST_WORKER_ID}-`))).toEqual(
      [],
    );
  });
});
