import type { PostgresDatabase } from '../database/postgres-database';
import type { ExpectedSecret } from '../secrets/secret-key';
import type { RunbookFacts } from './facts';
import { Commands } from './commands';
import { paragraphs, sh, table } from './markdown';
import { kustomizationObject } from './runbook-service';

/** Restoring where nothing is left but the NAS, Git and the secrets. */
export function freshClusterSection(runbook: RunbookFacts): string {
  const commands = new Commands(runbook);
  const {
    backup,
    namespace,
    secrets,
    server,
    service: {
      options: { title, helmRelease },
    },
  } = runbook;
  const { database, storage } = backup;
  const claim = storage.claimName;
  const { name, namespace: fluxNamespace } = kustomizationObject(runbook.kustomization);
  return paragraphs(
    '## 6. Restore into a fresh cluster',
    `In this order. Until 6.7 ${title} may not start: it would set up a new, empty database. If it has, the ` +
      'restore exchanges that one too.',
    '### 6.1 Secrets',
    'Flux brings those that are in Git, once it can decrypt. The others come from where copies are kept, and ' +
      `must be there before ${title} starts.`,
    table(
      ['Secret', 'Key', 'Must be', 'Because', 'From'],
      secrets._all.map((secret) => row(secret)),
    ),
    ...authority(database),
    ...secrets._escrowed.map(
      ({ options, validUntil }) =>
        `Kept outside of the cluster: ${options.what}, at ${options.where} (seen on ${options.attestedOn}, good ` +
        `until ${validUntil}).`,
    ),
    'Which are there:',
    sh(...present(secrets._all, namespace)),
    `### 6.2 Hold ${title} and the nightly backup`,
    'In Git, before Flux first applies: suspend the backup (section ' +
      `9)${helmRelease === undefined ? '' : `, and set \`spec.suspend: true\` in the HelmRelease \`${helmRelease}\``}. ` +
      '' +
      `A backup of an empty ${title} would be the newest verified dump. Where Flux was faster, and only there, ` +
      'hold also what is in the cluster:',
    sh(
      ...commands.flux('suspend'),
      `flux suspend kustomization ${name} -n ${fluxNamespace}`,
      commands.kubectl(`patch cronjob/${backup.name} -p '{"spec":{"suspend":true}}'`),
    ),
    '### 6.3 The dumps',
    `The new claim \`${claim}\` is an empty folder of the NAS. Where it is:`,
    sh(
      `volume=$(${commands.kubectl(`get pvc/${claim} -o jsonpath='{.spec.volumeName}'`)})`,
      `kubectl get "pv/$volume" -o jsonpath='{.spec.nfs.server}:{.spec.nfs.path}{"\\n"}'`,
    ),
    `On the NAS, copy the folder \`${backup.folder}\` from the former claim's folder into this one. It must ` +
      'belong to user and group ' +
      `${database.image.uid}:${database.image.gid}. Copy and do not move: the original is the last one until ` +
      'this is done.',
    '### 6.4 The server',
    'Only when Git says that the backup is suspended, and Flux has fetched that: resuming applies what Git ' +
      'says, and takes back what `kubectl patch` has set. ' +
      'The third command must print `true`; otherwise hold the backup again, as in 6.2.',
    sh(
      `flux resume kustomization ${name} -n ${fluxNamespace}`,
      `flux reconcile kustomization ${name} -n ${fluxNamespace} --with-source`,
      commands.isSuspended('cronjob', backup.name),
      commands.kubectl(`rollout status statefulset/${server} --timeout=10m`),
    ),
    '### 6.5 Restore',
    'List the dumps (section 4) and name one. The log tells what is different here: that there is no database ' +
      'yet, and which roles it has made.',
    sh(commands.nameDump(), ...commands.restore('restore', 'RESTORE_DUMP="$dump"')),
    '### 6.6 Passwords of the roles',
    `The log of the restore names the roles that it has made; they have no password. Each one that ${title} ` +
      `logs in with gets the one that is in its Secret. Here for \`${database.user}\`, ` +
      'put the role in its place:',
    sh(
      commands.kubectl(
        `exec -it statefulset/${server} -- psql -U ${shellWord(database.user)} -c ` +
          `${shellWord(`\\password ${database.user}`)}`,
      ),
    ),
    `### 6.7 Start ${title}`,
    'Take the suspensions out of Git first. The second command must print `false`: the nights are backed up again.',
    sh(
      `flux reconcile kustomization ${name} -n ${fluxNamespace} --with-source`,
      commands.isSuspended('cronjob', backup.name),
      ...commands.start(false),
    ),
    'Then verify (section 8.2), back up (section 3) and drill (section 7).',
  );
}

function row({ isLocal, namespace, secretName, _onlyKey: onlyKey, _options, _because = '' }: ExpectedSecret): string[] {
  const { bytes, minBytes, pattern, sameAsDump, gitFile, optionalUntil } = _options;
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
    gitFile !== undefined
      ? `Git, \`${gitFile}\``
      : optionalUntil === undefined
        ? 'a copy'
        : `a copy; not in Git, missing only until ${optionalUntil}`,
  ];
}

/** A command for each namespace. */
function present(secrets: readonly ExpectedSecret[], namespace: string): string[] {
  const namespaces = [...new Set(secrets.map((secret) => secret.namespace ?? namespace))];
  return namespaces.map((of) => {
    const names = new Set(
      secrets.filter((secret) => (secret.namespace ?? namespace) === of).map(({ secretName }) => secretName),
    );
    return `kubectl -n ${of} get secret ${[...names].join(' ')}`;
  });
}

/** A role may have any name. */
function shellWord(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** What a restore needs beside secrets: the authority of the server's certificate, where it is in a ConfigMap. */
function authority({ tls }: PostgresDatabase): string[] {
  const { configMapName, configMapKey } = tls?.authority ?? {};
  return configMapName === undefined
    ? []
    : [
        `The ConfigMap \`${configMapName}\` must have the authority of the server's certificate under the key ` +
          `\`${configMapKey}\`: without it no restore connects.`,
      ];
}
