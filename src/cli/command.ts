#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { MisuseError } from '../errors';
import { checkSecrets } from './check-secrets-command';
import { planCommand } from './plan-command';

const MISUSE = 2;

/** One example of each command; the help of a command has more. */
const EXAMPLES = `
Examples:
  $ cdk8s-postgres-backup check-secrets --repo ../flux-repo
  $ cdk8s-postgres-backup plan --base main:dist --head dist
  $ cdk8s-postgres-backup help check-secrets`;

const { name, version } = JSON.parse(
  readFileSync(require.resolve('cdk8s-postgres-backup/package.json'), 'utf8'),
) as Record<string, string>;

const program = new Command(name)
  .description('Tools around the manifests of cdk8s-postgres-backup')
  .version(version!)
  .option('--verbose', 'show the stack trace of an error (as DEBUG=1 does)')
  .addHelpText('after', EXAMPLES)
  .addCommand(checkSecrets(version!))
  .addCommand(planCommand());
for (const command of [program, ...program.commands])
  command.exitOverride().showHelpAfterError('--help shows the options.');

program.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : MISUSE;
    return;
  }
  const isVerbose = program.opts().verbose || process.env.DEBUG;
  const { message, stack } = error as Error;
  console.error(isVerbose ? stack : `error: ${message}.`);
  if (!isVerbose && !(error instanceof MisuseError))
    console.error('This is a bug: run it again with --verbose, and report what it prints.');
  process.exitCode = MISUSE;
});
