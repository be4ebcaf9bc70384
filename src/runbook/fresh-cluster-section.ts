import type { PostgresDatabase } from '../database/postgres-database';
import type { ExpectedSecret } from '../secrets/secret-key';
import type { RunbookFacts } from './facts';
import { Commands } from './commands';
import { paragraphs, sentence, sh, table } from './markdown';
import type { See, Section } from './page';

/** The restore when nothing is left but the NAS, Git and the secrets. */
export function freshClusterSection(runbook: RunbookFacts): Section {
  const commands = new Commands(runbook);
  const { service } = runbook;
  return {
    id: 'freshCluster',
    title: 'Restore into a fresh cluster',
    body: (see) => {
      const steps = [
        secretsOf(runbook),
        hold(runbook, commands, see),
        dumps(runbook, commands, see),
        server(runbook, commands),
        data(runbook, commands),
        start(runbook, commands, see),
      ].filter((step) => step.length > 0);
      return paragraphs(
        `Take the steps in this order. ${sentence(service.options.title)} must not start before the last step: it would ` +
          'set up a new, empty database. If it has started, restore all the same: the restore exchanges that ' +
          'database for the right one.',
        ...steps.flatMap(([title, text, ...more], index) => [`**Step ${index + 1}: ${title}.** ${text}`, ...more]),
      );
    },
  };
}

/** The title of a step, and its text. */
type Step = (string | undefined)[];

function secretsOf({ backup, secrets, namespace, service }: RunbookFacts): Step {
  if (secrets._all.length === 0) return [];
  const kept = secrets._escrowed.map(
    ({ options, validUntil }) =>
      ` Kept outside of the cluster: ${options.what}, at ${options.where} (seen on ${options.attestedOn}, good ` +
      `until ${validUntil}).`,
  );
  return [
    'secrets',
    'The secrets in Git arrive with its manifests, once they can be decrypted. Bring the others from where their ' +
      'copies are kept, ' +
      `before ${service.options.title} starts.${kept.join('')}${authority(backup.database)}`,
    table(
      ['Secret', 'Key', 'Must be', 'Because', 'From'],
      secrets._all.map((secret) => row(secret)),
    ),
    sh(...present(secrets._all, namespace)),
  ];
}

function hold(runbook: RunbookFacts, commands: Commands, see: See): Step {
  const { backup, delivery, namespace, service } = runbook;
  const { title } = service.options;
  const patch = commands.kubectl(`patch cronjob/${backup.name} -p '{"spec":{"suspend":true}}'`);
  const because = 'A backup of an empty database would be the newest verified dump. ';
  return [
    `hold ${title} and the nightly backup`,
    ...(delivery._appliers.length === 0
      ? [
          `${because}Apply the manifests beside this page, in its folder, but not yet ${title}, and hold the backup:`,
          sh(...commands.hold(), ...delivery._apply(), patch),
        ]
      : [
          `${because}In Git, before it is first applied, suspend the backup (${see('suspend')}) and ${title}. If that ` +
            'comes too late, and only then, also hold what runs in the cluster:',
          sh(...commands.hold(), ...delivery._suspend(namespace), patch),
        ]),
  ];
}

function dumps({ backup, copies }: RunbookFacts, commands: Commands, see: See): Step {
  const { storage, folder, database } = backup;
  return [
    'the dumps',
    `${copies === undefined ? '' : `If the NAS is gone, too, ${see('nasGone')} replaces this step and "the data". `}` +
      `The new claim \`${storage.claimName}\` is an empty folder of the NAS. These commands print its place. Copy the ` +
      `folder \`${folder}\` of the former claim into it, for user and group ` +
      `${database.image.uid}:${database.image.gid}. Copy and do not move: the original is your last copy until you have verified:`,
    sh(
      `volume=$(${commands.kubectl(`get pvc/${storage.claimName} -o jsonpath='{.spec.volumeName}'`)})`,
      `kubectl get "pv/$volume" -o jsonpath='{.spec.nfs.server}:{.spec.nfs.path}{"\\n"}'`,
    ),
  ];
}

function server({ delivery, namespace, server: name }: RunbookFacts, commands: Commands): Step {
  const isUp = name === undefined ? [] : [commands.kubectl(`rollout status statefulset/${name} --timeout=10m`)];
  const reads =
    (name === undefined ? 'The server must accept connections. ' : '') +
    'If anything but `true` is printed, hold the backup again, as before:';
  return [
    'the server',
    ...(delivery._appliers.length === 0
      ? [reads, sh(commands.isBackupSuspended(), ...isUp)]
      : [
          'Go on only when the backup is suspended in Git: these commands apply the state of Git, and revert ' +
            `\`kubectl patch\`. ${reads}`,
          sh(...delivery._resume(namespace), commands.isBackupSuspended(), ...isUp),
        ]),
  ];
}

function data({ backup: { database }, server: name, service }: RunbookFacts, commands: Commands): Step {
  const password = shellWord(`\\password ${database.user}`);
  const each =
    `The roles that the restore has created, according to its log, have no password. Give each role that ` +
    `${service.options.title} logs in with the password of its Secret`;
  return [
    'the data',
    'Choose a dump. The log says what is different here: there is no database yet, and the restore creates roles:',
    sh(commands.pgbackup('list'), commands.pgbackup(`restore --dump ${commands.exampleDump}`)),
    ...(name === undefined
      ? [`${each}, with \`\\password\` and the name of the role in a \`psql\` on the server.`]
      : [
          `${each}. For another role than \`${database.user}\`, change only the name behind \`password\`:`,
          sh(commands.kubectl(`exec -it statefulset/${name} -- psql -U ${shellWord(database.user)} -c ${password}`)),
        ]),
  ];
}

function start(runbook: RunbookFacts, commands: Commands, see: See): Step {
  const { backup, delivery, service, drill } = runbook;
  const { title, afterRestore = [] } = service.options;
  const isByHand = delivery._appliers.length === 0;
  const goOn = isByHand
    ? [commands.kubectl(`patch cronjob/${backup.name} -p '{"spec":{"suspend":false}}'`)]
    : delivery._apply();
  return [
    `start ${title}`,
    `${isByHand ? '' : 'Take the suspensions out of Git first. '}When \`false\` is printed, the nightly backups ` +
      `run again:`,
    sh(...goOn, commands.isBackupSuspended(), ...commands.start(false)),
    `Then verify (${see('verify')})${drill === undefined ? '' : `, drill (${see('drill')})`} and back up ` +
      `(${see('backup')}). ` +
      `${afterRestore.length === 0 ? '' : 'The database is that of the day of the dump:'}`.trimEnd(),
    afterRestore.length === 0 ? undefined : afterRestore.map((text) => `- ${text}`).join('\n'),
  ];
}

function row({ isLocal, namespace, secretName, _onlyKey: onlyKey, _options, _because = '' }: ExpectedSecret): string[] {
  const { bytes, minBytes, pattern, sameAsDump, gitFile, optionalUntil, provider } = _options;
  const must = [
    bytes && `${bytes} bytes`,
    minBytes && `at least ${minBytes} bytes`,
    pattern && `\`${pattern}\``,
    sameAsDump && 'the same as in the dump',
  ]
    .filter(Boolean)
    .join(', ');
  return [
    `\`${isLocal ? '' : `${namespace}/`}${secretName}\``,
    onlyKey === undefined ? 'any' : `\`${onlyKey}\``,
    must,
    _because,
    origin(gitFile, provider, optionalUntil),
  ];
}

function origin(gitFile?: string, provider?: string, optionalUntil?: string): string {
  if (gitFile !== undefined) return `Git, \`${gitFile}\``;
  if (provider !== undefined) return provider;
  return optionalUntil === undefined ? 'a copy' : `a copy; not in Git, missing only until ${optionalUntil}`;
}

/** Commands that show which of the secrets exist, one for each namespace. */
export function present(secrets: readonly ExpectedSecret[], namespace: string): string[] {
  const namespaces = [...new Set(secrets.map((secret) => secret.namespace ?? namespace))];
  return namespaces.map((of) => {
    const names = new Set(
      secrets.filter((secret) => (secret.namespace ?? namespace) === of).map(({ secretName }) => secretName),
    );
    return `kubectl -n ${of} get secret ${[...names].join(' ')}`;
  });
}

/** A word of the shell. A role may have any name. */
function shellWord(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The sentence on the authority of the server's certificate; empty unless it is in a ConfigMap. */
function authority({ tls }: PostgresDatabase): string {
  const { configMapName, configMapKey } = tls?.authority ?? {};
  return configMapName === undefined
    ? ''
    : ` The ConfigMap \`${configMapName}\` must have the authority of the server's certificate under the key ` +
        `\`${configMapKey}\`: without it no restore connects.`;
}
