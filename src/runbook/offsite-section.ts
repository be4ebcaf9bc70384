import { InvalidPropError } from '../errors';
import type { DatabaseCopies, RunbookFacts } from './facts';
import { Commands, EXAMPLE_MOMENT } from './commands';
import { present } from './fresh-cluster-section';
import { paragraphs, sentence, sh, table } from './markdown';
import type { Section } from './page';

/** The restore when the dumps on the NAS are gone and only their copies are left; none if nothing is copied. */
export function offsiteSection(runbook: RunbookFacts): Section[] {
  const { copies } = runbook;
  return copies === undefined ? [] : [section(runbook, copies)];
}

/** @throws InvalidPropError when the template or the drill does not take the copies that are made */
export function checkCopies({ copy, restore, drill }: DatabaseCopies): void {
  for (const [property, construct] of Object.entries({ restore, drill })) {
    if (construct !== undefined && construct.offsite !== copy.target) {
      throw new InvalidPropError(
        `runbook.copies.${property}`,
        construct.name,
        `does not take the copies of ${copy.name}, and the page would lead to other dumps`,
        `Give it offsite: the target of ${copy.name}`,
      );
    }
  }
}

function section(runbook: RunbookFacts, copies: DatabaseCopies): Section {
  const { backup, service, namespace } = runbook;
  const commands = new Commands(runbook);
  const { title } = service.options;
  const claim = `\`${backup.storage.claimName}\``;
  const fromBucket = (rest: string): string => `${rest} --from offsite`;
  return {
    id: 'nasGone',
    title: 'The NAS is gone',
    body: (see) =>
      paragraphs(
        `The copies are in ${copies.copy.target}, and take nothing but secrets to restore: with \`--from offsite\`, ` +
          `the claim ${claim} is not mounted. Is the database well? Then restore nothing, and go on with step 3.`,
        '**Step 1: the keys of the copies.** They must outlive this cluster, or the copies are worth nothing: keep ' +
          `them in a place that burns neither with it nor with the NAS, too. ${escrow(runbook)}In a fresh cluster, ` +
          `create them with the other secrets (${see('freshCluster')}):`,
        table(
          ['Secret', 'Key', 'Because'],
          copies.copy.target._secrets.map(({ secretName, _onlyKey = 'any', _because = '' }) => [
            `\`${secretName}\``,
            `\`${_onlyKey}\``,
            _because,
          ]),
        ),
        sh(...present(copies.copy.target._secrets, namespace)),
        `**Step 2: the data.** If the cluster is gone, too, take ${see('freshCluster')} up to its step "the server", ` +
          'without "the dumps", and afterwards go on there. A copy is fetched, compared with its checksum, and ' +
          'restored as a dump is. ' +
          `${roomFor(backup.storage.size?.asString())}Look first, then choose one:`,
        sh(
          commands.pgbackup(fromBucket('list')),
          commands.pgbackup(fromBucket('preflight')),
          commands.pgbackup(`${fromBucket('restore')} --dump ${commands.exampleDump}${commands.disconnect}`),
          ...commands.restart(),
        ),
        `If names in the bucket were written over or deleted, \`--at ${EXAMPLE_MOMENT}\` takes the bucket as it ` +
          `was then. To go back: ${commands.inline(fromBucket(`undo${commands.disconnect}`))}.`,
        `**Step 3: a new place for dumps.** Give the claim ${claim} a volume again` +
          `${runbook.declaredIn === undefined ? '' : `, e.g. with another \`storageClassName\` in \`${runbook.declaredIn}\``}: ` +
          `a claim whose volume is gone is deleted, and made anew by what applies it. Until then ${title} has no ` +
          'backups. The dumps from before stay in the bucket. Then back up and copy at once' +
          `${copies.drill === undefined ? '' : ', and have a drill prove the copy'}:`,
        sh(
          commands.pgbackup('backup'),
          commands.pgbackup('copy'),
          ...(copies.drill === undefined ? [] : [commands.pgbackup(fromBucket('drill'))]),
        ),
        `${sentence(title)} is verified as after any restore (${see('verify')}).`,
      ),
  };
}

function escrow({ secrets }: RunbookFacts): string {
  const places = secrets._escrowed.map(({ options }) => `${options.what}, at ${options.where}`);
  return places.length === 0
    ? 'No place is declared here: `expectEscrow` of `SecretExpectations` names it on this page. '
    : `Declared are: ${places.join('; ')}. `;
}

function roomFor(size: string | undefined): string {
  return size === undefined ? '' : `The node of its pod needs room for it, up to ${size}. `;
}
