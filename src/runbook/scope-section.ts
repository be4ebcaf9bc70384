import { STORAGE_PATH } from '../workload/hardened-pod';
import type { RunbookFacts } from './facts';
import { paragraphs, table } from './markdown';
import type { Section } from './page';

/** The contents of a dump, and the data that no dump has. */
export function scopeSection({ backup, copies, secrets, notBackedUp }: RunbookFacts): Section {
  const { database, storage, schedule, timeZone, retention, recoveryWindow, excludeTableData } = backup;
  const left = excludeTableData.map((name) => `\`${name.schema}.${name.table}\``).join(', ');
  const size = storage.size === undefined ? '' : ` (${storage.size.asString()})`;
  return {
    id: 'scope',
    title: 'Check what is backed up',
    body: (see) =>
      paragraphs(
        table(
          ['What', 'Here'],
          [
            [
              'Database',
              `\`${database.name}\` on \`${database.host}:${database.port}\`, with its owner, grants and settings` +
                `${left && `, without the rows of ${left}`}; all roles of the server, without passwords`,
            ],
            [
              'When',
              `\`${schedule.expressionString}\`, ${timeZone}${backup.suspend ? '; **suspended at the moment**' : ''}`,
            ],
            [
              'Kept',
              `${retention}` +
                (recoveryWindow === undefined ? '' : `; a recovery window of ${recoveryWindow.toDays()} days`),
            ],
            [
              'Where',
              `claim \`${storage.claimName}\`${size}, folder \`${backup.folder}\`, in pods ` +
                `\`${STORAGE_PATH}/${backup.folder}\`; files belong to user ${database.image.uid}; made with ` +
                `\`${database.image.image}\``,
            ],
            ...(copies === undefined
              ? []
              : [
                  [
                    'Copied to',
                    `${copies.copy.target}, on \`${copies.copy.schedule.expressionString}\`, ${copies.copy.timeZone}` +
                      `${copies.copy.target.encryption.password === undefined ? '; **not encrypted**' : '; encrypted'}`,
                  ],
                ]),
            ...notBackedUp.map(({ what, because }) => [`Not: ${what}`, because]),
            ['Not: what is written after the newest dump', 'dumps are taken at times: back up before a risky change'],
            ['Not: passwords of roles', `no secret is written to the NAS; ${see('freshCluster')} sets them again`],
            ...(secrets._all.length === 0
              ? []
              : [
                  [
                    'Not: secrets',
                    `${secrets._all.length} of them must be kept elsewhere: the table in ${see('freshCluster')}`,
                  ],
                ]),
          ],
        ),
      ),
  };
}
