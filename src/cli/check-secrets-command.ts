import { statSync } from 'node:fs';
import { constants } from 'node:os';
import { relative, resolve, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { check } from '../check-secrets/check';
import type { Report } from '../check-secrets/check-report';
import { MisuseError } from '../errors';
import { ExpectedList } from '../manifests/expected-list';
import { count } from '../reports/findings';
import { githubReport } from '../check-secrets/github-report';
import { jsonReport } from '../check-secrets/json-report';
import { isInside } from '../manifests/repo-files';
import { sarifReport } from '../check-secrets/sarif-report';
import { tableReport } from '../check-secrets/table-report';
import { outputOf } from './output';

const EXAMPLES = `
Examples:
  $ cdk8s-postgres-backup check-secrets --repo ../flux-repo
  $ cdk8s-postgres-backup check-secrets --repo . --dist apps/shop/backup --recipient age1… --recipient age1…
  $ cdk8s-postgres-backup check-secrets --repo . --sarif > secrets.sarif

No key is needed, and no value is shown. Folders with a kustomization.yaml are built, by kustomize or kubectl, whichever
PATH has: without network, plugins and Helm, in a copy. What Flux applies goes by its Kustomizations; --repo must be the
root of the working tree then. Folders named .git and node_modules are skipped, and links are not followed.

Exit status: 0 without errors, 1 with errors, 2 where the command cannot do what it is asked to do.`;

interface Options {
  readonly repo: string;
  readonly dist: string;
  readonly recipient?: readonly string[];
  readonly json?: true;
  readonly sarif?: true;
  readonly github?: true;
}

/** `check-secrets`: compares the manifests of a Flux repo with the secrets that synth lists as expected. */
export function checkSecrets(version: string): Command {
  return new Command('check-secrets')
    .description('check that every expected secret is in a Flux repo, encrypted by SOPS, and of the right length')
    .requiredOption('--repo <folder>', 'the working tree of the Flux repo, or a folder in it')
    .option('--dist <folder>', 'the output of cdk8s synth, with the list of expected secrets', 'dist')
    .option(
      '--recipient <age1…>',
      'an age recipient that may decrypt the secrets; repeatable (default: any)',
      recipient,
    )
    .addOption(new Option('--json', 'print JSON').conflicts(['sarif', 'github']))
    .addOption(new Option('--sarif', 'print SARIF 2.1.0, for code scanning').conflicts(['json', 'github']))
    .addOption(
      new Option('--github', 'print workflow commands, which GitHub shows in pull requests').conflicts([
        'json',
        'sarif',
      ]),
    )
    .addHelpText('after', EXAMPLES)
    .action(async (options: Options) => {
      checkFolder('--repo', options.repo);
      checkFolder('--dist', options.dist);
      const list = ExpectedList.read(options.dist, (path) => shown(options, path));
      delaySignals();
      const report = check(list, options.repo, options.recipient ?? []);
      await setImmediate(); // a signal that has come meanwhile ends the command here
      process.stdout.write(`${printed(report, options, version)}\n`);
      process.exitCode = count(report.findings, 'error') > 0 ? 1 : 0;
    });
}

/** Delays signals until the check is done: its copies of files must be removed first. */
function delaySignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
}

function printed(report: Report, { json, sarif, github }: Options, version: string): string {
  if (json) return JSON.stringify(jsonReport(report), null, 2);
  if (sarif) return JSON.stringify(sarifReport(report, version), null, 2);
  if (github) return githubReport(report);
  return tableReport(report, outputOf(process.stdout));
}

function recipient(value: string, before: string[] = []): string[] {
  if (!/^age1[02-9ac-hj-np-z]{58,}$/.test(value)) {
    throw new InvalidArgumentError('It is not an age recipient: age-keygen -y prints that of a key.');
  }
  return [...before, value];
}

function checkFolder(option: string, path: string): void {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (!isFolder) throw new MisuseError(`${option} (${path}) is not a folder. Name a folder that exists`);
}

/** Paths are shown from the root of the repo, and paths outside of it from the current folder. */
function shown({ repo, dist }: Options, path: string): string {
  const file = resolve(dist, path);
  const inRepo = relative(resolve(repo), file);
  return (isInside(inRepo) ? inRepo : relative('.', file)).split(sep).join('/');
}
