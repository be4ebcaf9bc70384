import type { RunbookFacts } from './facts';
import { Commands, EXAMPLE_MOMENT } from './commands';
import { sentence, table } from './markdown';
import type { See, SectionId } from './page';
import { keyName } from './key-section';

/** The table at the beginning of the page: each incident with its command, the most urgent first. */
export function incidents(runbook: RunbookFacts, has: (id: SectionId) => boolean, see: See): string {
  const commands = new Commands(runbook);
  const { title } = runbook.service.options;
  const type = (rest: string): string => commands.inline(rest);
  const { disconnect } = commands;
  const rows: (readonly [SectionId, happened: string, type: string])[] = [
    ['stopFirst', 'Data is being corrupted now', `stop ${title} first`],
    ['restore', "Data is wrong or gone; last night's is right", type(`restore${disconnect}`)],
    ['restore', 'Data is wrong or gone since a known moment', type(`restore --before ${EXAMPLE_MOMENT}${disconnect}`)],
    ['undo', 'A restore was a mistake', type(`undo${disconnect}`)],
    ['sessions', 'A restore waits for sessions', 'see whose they are; then stop or disconnect them'],
    ['key', `The ${keyName(runbook)} is lost or wrong`, 'look for its former value'],
    ['freshCluster', 'The cluster, or the database server, is gone', 'step by step'],
    ['nasGone', 'The NAS, or what was on it, is gone', type('list --from offsite')],
    ['backup', 'A backup has failed, or last night has none', type('backup')],
    ...(runbook.copies === undefined
      ? []
      : [['backup', 'A copy to the bucket has failed', type('copy')] satisfies (typeof rows)[number]]),
    ['drill', 'A drill has failed, or proves nothing', type('evidence')],
    ['verify', `${sentence(title)} is up and may not work, e.g. all tokens get 401`, 'prove it'],
    ['restore', 'A dump may be damaged', `${type('verify')}, then choose another one`],
    ['storageFull', 'The storage of the dumps is full', type('usage')],
    ['undo', "The database server's volume is full", type('drop-previous')],
    ['largeChange', 'An upgrade or another large change is next', type('backup --hold P30D --label before-change')],
    ['verify', 'Nothing has happened: is all well?', type('status')],
  ];
  return table(
    ['What has happened', 'What to type'],
    rows.filter(([id]) => has(id)).map(([id, happened, what]) => [happened, `${what}: ${see(id)}`]),
  );
}
