import type { ExpectedSecret } from '../secrets/secret-key';
import type { RunbookFacts } from './facts';
import { Commands } from './commands';
import { paragraphs, sh } from './markdown';
import type { Section } from './page';

/** The keys that a dump depends on: it is worth nothing without their values of its day. */
export function keysOfDumps({ secrets }: RunbookFacts): ExpectedSecret[] {
  return secrets._all.filter(({ _options }) => _options.sameAsDump);
}

/** The name that people use: that of the only key, or a general name for several. */
export function keyName(runbook: RunbookFacts): string {
  const [key, other] = keysOfDumps(runbook);
  return other === undefined ? (key?._onlyKey ?? 'key') : 'key of the dumps';
}

/** The section for a lost or wrong key that a dump depends on; none if no dump depends on a key. */
export function keySection(runbook: RunbookFacts): Section[] {
  const keys = keysOfDumps(runbook);
  if (keys.length === 0) return [];
  const commands = new Commands(runbook);
  const { service, drill, secrets } = runbook;
  const { title, probe, lostWithKey } = service.options;
  const files = keys.flatMap(({ _options: { gitFile } }) => (gitFile === undefined ? [] : [gitFile]));
  const escrow = secrets._escrowed.map(({ options }) => `${options.what}, at ${options.where}`);
  const names = keys.map((key) => `${key}`).join(' and ');
  return [
    {
      id: 'key',
      title: `The ${keyName(runbook)} is lost or wrong`,
      body: (see) =>
        paragraphs(
          `This section is about ${names}: it opens the encrypted data of the database. With a wrong value ${title} may ` +
            `start and look well${probe === undefined ? '' : `; the probe of ${see('verify')} tells`}. ` +
            `**Stop ${title}** (${see('stopFirst')}): the right value does not open what is written with a wrong ` +
            `value. Never make up a new value. Today's value opens the dumps with \`same\` under \`SECRETS\`: ` +
            `${commands.inline('list')}.` +
            (drill === undefined
              ? ''
              : ` A drill proves it (status 0) or refutes it (status 4): ` +
                `${commands.inline(`drill --dump ${commands.exampleDump}`)}.`),
          "**Former values** are in Git's history, encrypted, and in escrow: " +
            (escrow.length === 0
              ? 'ask who keeps the copies, since no place is declared here. '
              : `${escrow.join('; ')}. `) +
            (files.length === 0
              ? ''
              : 'In the repo of the secrets, these commands bring back the file from before its last change. The ' +
                'list ' +
                'shows earlier versions:'),
          ...(files.length === 0
            ? []
            : [
                sh(
                  `git --no-pager log --format='%h %as %s' -- ${files.join(' ')}`,
                  `commit=$(git log --skip=1 -1 --format=%h -- ${files.join(' ')})`,
                  `git checkout "$commit" -- ${files.join(' ')}`,
                  `git commit -m 'Bring back the former value' && git push`,
                ),
              ]),
          (files.length === 0
            ? ''
            : 'The file needs the decryption key of its day: if that key was changed too, bring back its former ' +
              'value ' +
              'first. ') +
            (service.delivery._appliers.length === 0 ? 'Apply it, and start' : 'Start') +
            ` ${title} as at the end of ${see('stopFirst')}: \`list\` shows \`same\` for the dumps of that value` +
            `${probe === undefined ? '' : `, and the probe of ${see('verify')} is right`}. If the live database was ` +
            `written with two values, restore a dump with \`same\` (${see('restore')}).`,
          "**If no value is found,** only the dumps that today's value opens are left: restore the newest dump with " +
            '`same`. Lost for good is ' +
            `${lostWithKey ?? 'all that was encrypted with the lost value'}. There is no re-encryption: no program can ` +
            'convert data from one value to another. Hold the other dumps until you give up the search.',
        ),
    },
  ];
}
