import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { isAtLeast } from '../plan/change';
import { jsonReport } from '../plan/plan-json';
import { readListing } from '../plan/listing';
import { markdownReport } from '../plan/plan-markdown';
import { plan, type Plan } from '../plan/plan';
import { textReport } from '../plan/plan-text';
import { TreeReader } from '../plan/tree';
import { quantity } from '../plan/words';
import { LEVELS, type Level } from '../reports/level';
import { MisuseError } from '../errors';
import { outputOf } from './output';

const NOTES = `
Examples:
  $ cdk8s-postgres-backup plan --base main:dist --head dist
  $ cdk8s-postgres-backup plan --base old --head new --dumps listing.txt --markdown > comment.md
  $ ssh nas ls -l /export/shop | cdk8s-postgres-backup plan --base main:dist --head dist --dumps -
  $ kubectl kustomize overlays/prod | cdk8s-postgres-backup plan --base main:rendered/prod.yaml --head -
  $ cdk8s-postgres-backup plan --base <(helm template shop ./old) --head <(helm template shop ./new)

A folder or file in a commit is named as Git does: main:dist from the root of the repo, main:./dist from here.
A file, a pipe or the standard input has what Helm, kustomize or another tool has rendered, as one stream of documents.
Of a folder, subfolders that hold objects of the same names are compared each by itself, as those of several clusters.

Levels, and the risk when the worst change has them:
  error    high    data is lost or may be, or there are no backups any more
  warning  medium  less is safe than before, or there is something to do
  note     low     anything else that differs, also what was so before and still is

Restore points are those at the end of the next run: with --dumps the files of the listing, which may be that of ls or
ls -l of the folder on the storage, what RESTORE_ACTION=list prints, or names one a line; without it, by the calendar, as
if every run had succeeded.

Exit status: 0; 1 with a change of the level of --fail-on or a worse one; 2 where the command cannot do what it is asked
to do.`;

interface Options {
  readonly base: string;
  readonly head: string;
  readonly dumps?: string;
  readonly dumpSize?: number;
  readonly lastRun?: number;
  readonly now?: number;
  readonly markdown?: true;
  readonly json?: true;
  readonly failOn?: Level;
}

/** `plan`: tells what a change of manifests means for backups and restores. */
export function planCommand(): Command {
  return new Command('plan')
    .description('say what a change of the manifests means: for recovery, for existing dumps, and field by field')
    .requiredOption(
      '--base <manifests>',
      'the manifests before the change: a folder, a file, either of them in a commit like main:dist, or - for what a ' +
        'tool has rendered on the standard input',
    )
    .requiredOption('--head <manifests>', 'the manifests with the change')
    .option('--dumps <file>', 'a listing of the dumps on the storage; - reads it from the standard input')
    .option('--dump-size <size>', 'the size of a dump, e.g. 2Gi, where the listing has none', size)
    .option('--last-run <seconds>', 'the duration of the last backup', seconds)
    .option('--now <time>', 'the moment that the answers are for, e.g. 2026-11-24T02:00:00Z (default: now)', time)
    .addOption(new Option('--markdown', 'print Markdown, for a comment in a pull request').conflicts('json'))
    .addOption(new Option('--json', 'print JSON').conflicts('markdown'))
    .addOption(
      new Option('--fail-on <level>', 'end with status 1 at this level or a worse one (default: never)').choices(
        LEVELS,
      ),
    )
    .addHelpText('after', NOTES)
    .action((options: Options) => {
      checkInput(options);
      const reader = new TreeReader();
      const [base, head] = [reader.read(options.base, '--base'), reader.read(options.head, '--head')];
      const { now = Date.now(), dumpSize, lastRun } = options;
      const made = plan(base, head, { now, dumpSize, lastRun, dumps: listing(options.dumps) });
      const { failOn } = options;
      const fails = failOn !== undefined && made.changes.some(({ level }) => isAtLeast(level, failOn));
      process.stdout.write(`${printed(made, options).trimEnd()}\n`);
      process.exitCode = fails ? 1 : 0;
    });
}

/** The standard input can be read once. */
function checkInput({ base, head, dumps }: Options): void {
  const readers = Object.entries({ '--base': base, '--head': head, '--dumps': dumps }).filter(
    ([, from]) => from === '-',
  );
  if (readers.length > 1)
    throw new MisuseError(
      `${readers.map(([option]) => option).join(' and ')} (-) cannot both read the standard input. Name a file for ` +
        'all but one, or a pipe like <(command)',
    );
}

function printed(made: Plan, { markdown, json }: Options): string {
  if (json) return JSON.stringify(jsonReport(made), null, 2);
  return markdown ? markdownReport(made) : textReport(made, outputOf(process.stdout));
}

function listing(source: string | undefined): ReturnType<typeof readListing> | undefined {
  if (source === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(source === '-' ? 0 : source, 'utf8');
  } catch (error) {
    throw new MisuseError(
      `--dumps (${source}) cannot be read (${(error as NodeJS.ErrnoException).code}). Name a file with a ` +
        'listing, or - for the standard input',
    );
  }
  return readListing(text, source);
}

function size(value: string): number {
  const bytes = quantity(value);
  if (bytes === undefined || bytes < 1) throw new InvalidArgumentError('It is not a size: write it like 500Mi or 2Gi.');
  return bytes;
}

function seconds(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError('It is not a whole number of seconds.');
  return Number(value);
}

function time(value: string): number {
  const instant = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(value)
    ? Date.parse(value)
    : NaN;
  if (Number.isNaN(instant)) throw new InvalidArgumentError('It is not a time: write it like 2026-11-24T02:00:00Z.');
  return instant;
}
