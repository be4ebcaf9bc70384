import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { dist, listManifest } from '../support/secrets/expected-list';
import {
  DB_FILE,
  DB_SECRET,
  type Files,
  MASTERKEY,
  runbook,
  written,
  ZITADEL_FILE,
  ZITADEL_SECRET,
} from '../support/secrets/flux-repo';
import { type Sops } from '../support/secrets/sops';
import '@microsoft/jest-sarif';

const root = join(__dirname, '../..');
const DIST = join(root, 'dist/identity-internal');

let good: { files: Files; recipient: string; sops: Sops };

beforeAll(async () => {
  const { files, key, sops } = await runbook();
  good = { files, recipient: key.recipient, sops };
});

function cli(args: string[], env: NodeJS.ProcessEnv = {}): { status: number | null; stdout: string; stderr: string } {
  const command = ['--import', require.resolve('tsx'), join(root, 'src/cli/command.ts'), ...args];
  // Libraries for colours take a CI's log for a terminal.
  return spawnSync(process.execPath, command, {
    cwd: root,
    env: { ...process.env, CI: 'true', ...env },
    encoding: 'utf8',
  });
}

const checkBad = (...args: string[]): ReturnType<typeof cli> => {
  const repo = written(bad());
  return checkSecrets(repo, '--dist', join(repo, 'apps/backup'), ...args);
};
const checkSecrets = (repo: string, ...args: string[]): ReturnType<typeof cli> =>
  cli(['check-secrets', '--repo', repo, ...args]);

const LIST = 'apps/backup/ConfigMap.expected-secrets.yaml';
const ENTRIES = [
  {
    secret: 'zitadel-secret',
    key: 'masterkey',
    bytes: 32,
    because: 'without it a restored database cannot be decrypted',
    gitFile: ZITADEL_FILE,
  },
  {
    namespace: 'flux-system',
    secret: 'sops-age',
    key: 'age.agekey',
    because: 'Flux decrypts the other secrets with it',
  },
  { secret: 'zitadel-db-secret', key: 'POSTGRES_PASSWORD', because: 'the backup and the restore log in with it' },
];

/**
 * A repo with something of everything: text of an error, a warning and a note, on lines that can be told beforehand.
 */
function bad(): Files {
  const long = { ...ZITADEL_SECRET, stringData: { masterkey: `${MASTERKEY}\n` } };
  const plain =
    'apiVersion: v1\nkind: Secret\nmetadata:\n  name: zitadel-db-secret\n  namespace: old\nstringData:\n  ' +
    'POSTGRES_PASSWORD: hunter2\n';
  return {
    ...good.files,
    [LIST]: listManifest(ENTRIES),
    [DB_FILE]: good.sops.yaml(DB_SECRET),
    [ZITADEL_FILE]: good.sops.yaml(long),
    'old, 100%/db:1.yaml': plain,
  };
}

test("the repo of the runbook passes, against the list of this project's own app", () => {
  const { status, stdout, stderr } = checkSecrets(written(good.files), '--dist', DIST, '--recipient', good.recipient);
  expect(stdout).toMatch(/zitadel-secret +masterkey +k8s\/prod\/21-secrets-zitadel\.enc\.yaml:8 +ok, 32 bytes\n/);
  expect(stdout).toMatch(/zitadel-db-secret +POSTGRES_PASSWORD +k8s\/prod\/20-secrets-db\.enc\.yaml:8 +ok, 20 bytes\n/);
  expect(stdout).toMatch(/: 0 errors, 0 warnings, \d+ notes\n$/);
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

test('the table for people: what is expected, what is wrong, and what to do', () => {
  const { status, stdout } = checkBad();
  expect(stdout).toMatchSnapshot();
  expect(status).toBe(1);
});

test('--json for machines', () => {
  const { status, stdout } = checkBad('--json');
  expect(JSON.parse(stdout)).toMatchSnapshot();
  expect(status).toBe(1);
});

test('--sarif is SARIF 2.1.0 by its official schema, with relative paths and lines, as code scanning wants it', () => {
  const { status, stdout } = checkBad('--sarif');
  const log = JSON.parse(stdout);
  expect(log).toBeValidSarifLog();
  const { results, tool } = log.runs[0];
  expect(results).toMatchSnapshot();
  for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex].id).toBe(ruleId);
  expect(status).toBe(1);
});

test('--github prints workflow commands that survive any file name', () => {
  const { status, stdout } = checkBad('--github');
  expect(stdout).toMatchSnapshot();
  expect(status).toBe(1);
});

test('no output shows a value', () => {
  const repo = written({
    ...bad(),
    'broken.yaml': 'kind: Secret\nname: zitadel-secret\nstringData: {masterkey: "swordfish\n',
  });
  for (const format of ['--json', '--sarif', '--github', '--verbose']) {
    const { stdout, stderr } = checkSecrets(repo, '--dist', DIST, format);
    expect(stdout + stderr).toContain('yaml-broken');
    expect(stdout + stderr).not.toMatch(/hunter2|swordfish|ENC\[/);
  }
});

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('colours are for terminals', () => {
  const { stdout } = checkBad();
  expect(stdout).not.toContain('\u001b');
  // script(1) is a terminal around a command.
  const inTerminal = (env: NodeJS.ProcessEnv): string =>
    spawnSync(
      'script',
      [
        '-qec',
        `'${[process.execPath, '--import', require.resolve('tsx'), join(root, 'src/cli/command.ts'), 'check-secrets', '--repo', written(bad()), '--dist', DIST].join("' '")}'`,
        '/dev/null',
      ],
      { cwd: root, env: { ...process.env, TERM: 'xterm', ...env }, encoding: 'utf8' },
    ).stdout;
  expect(inTerminal({})).toContain('\u001b[31m');
  expect(inTerminal({ NO_COLOR: '1' })).not.toContain('\u001b');
});

test.each([
  ['no repo', ['--dist', DIST], "required option '--repo <folder>' not specified"],
  ['a repo that is not there', ['--repo', '/nowhere', '--dist', DIST], '--repo (/nowhere) is not a folder'],
  ['a dist that is not there', ['--repo', root, '--dist', '/nowhere'], '--dist (/nowhere) is not a folder'],
  [
    'a dist without a list',
    ['--repo', root, '--dist', join(root, 'src')],
    `--dist (${join(root, 'src')}) has no ConfigMap with the key secrets.yaml`,
  ],
  ['a bad recipient', ['--repo', root, '--recipient', 'AGE-SECRET-KEY-1'], 'It is not an age recipient'],
  ['two formats', ['--repo', root, '--json', '--sarif'], 'cannot be used with'],
  ['an unknown option', ['--repo', root, '--fix'], 'unknown option'],
  ['an argument too many', ['--repo', root, 'more'], 'too many arguments'],
])('%s is misuse: status 2, a sentence, and no stack trace', (_, args, message) => {
  const { status, stdout, stderr } = cli(['check-secrets', ...args]);
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stdout).toBe('');
  expect(status).toBe(2);
});

test('a list that synth did not write is misuse, by its line', () => {
  const { status, stderr } = checkSecrets(root, '--dist', dist([{ secret: 'a', key: 'b', bytes: 'many' as never }]));
  expect(stderr).toMatch(
    /ConfigMap\.expected-secrets\.yaml:8: bytes \("many"\) is not what synth writes\. Run cdk8s synth anew/,
  );
  expect(status).toBe(2);
});

test("--help has every option and examples, --version the package's version", () => {
  const { status, stdout } = cli(['check-secrets', '--help']);
  expect(stdout).toMatchSnapshot();
  expect(status).toBe(0);
  expect(cli(['--version'])).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
});

test('the help of the program has an example of each command, on stderr and with status 2 where a command is missing', () => {
  const { status, stdout } = cli(['--help']);
  const commands = [.../^Commands:\n([^]*?)\n\n/m.exec(stdout)![1]!.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(
    ([, command]) => command!,
  );
  expect(commands).toContain('check-secrets');
  expect(commands.filter((command) => !stdout.includes(`  $ cdk8s-postgres-backup ${command} `))).toEqual([]);
  expect(status).toBe(0);
  expect(cli([])).toMatchObject({ status: 2, stdout: '', stderr: stdout });
});

test('--verbose and DEBUG show where an error comes from', () => {
  for (const [args, env] of [
    [['--verbose'], {}],
    [[], { DEBUG: '1' }],
  ] as const) {
    expect(cli(['check-secrets', '--repo', '/nowhere', ...args], env).stderr).toMatch(/^\s+at /m);
  }
});

test('whoever imports the library does not load the command', () => {
  const script = 'require("./src"); console.log(Object.keys(require.cache).join("\\n"))';
  const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', '-e', script], { cwd: root, encoding: 'utf8' });
  expect(stdout).toContain('src/secrets/secret-expectations.ts');
  expect(stdout).not.toMatch(
    /node_modules\/(commander|cli-table3|picocolors)|src\/(cli|secrets-in-git|policies)|backup-policies/,
  );
});
