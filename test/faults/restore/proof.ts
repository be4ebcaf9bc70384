import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { restoreFault, type RestoreFault, type RestoreFaultGroup } from '../../support/faults/restore-fault';
import { asItWas, restored } from '../../support/faults/restore-leaves';
import type { Env } from '../../support/pods/instance';
import type { RestoreTrial } from '../../support/faults/restore-trial';
import { freshFolder } from '../../support/machine/run-folder';
import { isSandboxed } from '../../support/machine/sandbox';
import { toolbox } from '../../support/machine/toolbox';

const untouched = '"shop" is untouched. Choose another dump.';
const notProved =
  '"shop" is untouched. Choose another dump, unless it differs in the same way. To restore all the same, set ' +
  'RESTORE_IGNORE=proof.';

/** A restore whose dump is whole and yet not what it should be. */
const refused = (
  what: string,
  says: string,
  prepare: (trial: RestoreTrial) => unknown,
  env: (trial: RestoreTrial) => Env = () => ({}),
): RestoreFault =>
  restoreFault(what, { leaves: asItWas, status: 1, says }, async (trial) => {
    await prepare(trial);
    trial.settle();
    return trial.restore(env(trial));
  });

/** The same, where the dump itself is changed. */
const edited = (what: string, says: string, ending: string, change: (text: string) => string): RestoreFault =>
  refused(what, says, (trial) => {
    trial.edit(ending, change);
    trial.mendAfterwards();
  });

const check =
  (query: string, expected?: string) =>
  (trial: RestoreTrial): Env =>
    trial.addCheck(query, expected);

const newest = check('SELECT max(position) FROM eventstore.events2');

/** A dump by a backup that knows of a check. */
const checkedDump = (trial: RestoreTrial): Promise<string> => trial.dumpWith('', newest(trial));

/** A dump with an object of a role that is not on the server any more. */
async function goneRole(trial: RestoreTrial): Promise<string> {
  trial.server.sql('postgres', 'CREATE ROLE "gone; Role" LOGIN NOINHERIT');
  const name = await trial.dumpWith(
    'CREATE TABLE public.theirs AS SELECT 1 AS n; ALTER TABLE public.theirs OWNER TO "gone; Role"',
  );
  trial.server.sql('shop', 'DROP TABLE public.theirs; DROP ROLE "gone; Role"');
  trial.settleDatabase();
  trial.atEnd(() => {
    trial.dropAll();
    trial.server.sql('postgres', 'DROP ROLE IF EXISTS "gone; Role"');
  });
  return name;
}

export const proof: RestoreFaultGroup = {
  title: 'Restore: proof, roles and extensions',
  faults: [
    refused(
      'no table at all comes back, of a dump whose manifest knows rows and no structure',
      `tables do not have the rows that were counted for the dump:…"public.gone": missing…${notProved}`,
      async (trial) => {
        trial.server.sql('shop', 'DROP SCHEMA eventstore, projections, system, public CASCADE');
        trial.settleDatabase();
        expect(await trial.backup()).toMatchObject({ status: 0 });
        const newest = trial.instance.dumps().at(-1)!;
        const unknown = { structure: undefined, rows: { 'public.gone': 5 }, hashes: null };
        trial.edit('json', (text) => JSON.stringify({ ...JSON.parse(text), ...unknown }), newest);
        trial.atEnd(() => trial.dropAll());
        trial.afterwards(() => {
          rmSync(trial.file('dump', newest));
          trial.settle();
        });
      },
    ),
    refused(
      'an assertion is not true of what the dump has',
      `check failed: what must be true (expected 0, found 5020). ${untouched}`,
      () => {},
      check('SELECT count(*) FROM eventstore.events2', '0'),
    ),
    refused(
      'an assertion cannot be evaluated',
      'relation "eventstore.events3" does not exist…the check "what must be true" could not be evaluated, see ' +
        'psql\'s message above. "shop" is untouched.',
      () => {},
      check('SELECT count(*) FROM eventstore.events3', '0'),
    ),
    refused(
      'a value is not what it was when the dump was taken',
      `check failed: what must be true is 7500.0 and was another value when the dump was taken. ${untouched}`,
      async (trial) => {
        const name = await checkedDump(trial);
        trial.edit('json', (text) => text.replace('"7500.0"', '"7501.5"'), name);
        trial.settle();
        trial.afterwards(() => {
          trial.edit('json', (text) => text.replace('"7501.5"', '"7500.0"'), name);
          trial.settle();
        });
      },
      newest,
    ),
    restoreFault(
      'a value was not recorded when the dump was taken',
      {
        leaves: restored,
        status: 0,
        says: 'warning: the check "what must be true" was not recorded with this dump: found 7500.0',
      },
      (trial) => trial.restore(newest(trial)),
    ),
    edited(
      'a table does not have the rows that were counted',
      'tables do not have the rows that were counted for the dump:…"projections.users": 501, but 500 is ' +
        `there…${notProved}`,
      'json',
      (text) => text.replace('"projections.users": 500', '"projections.users": 501'),
    ),
    edited(
      'a table that was counted is not in the dump',
      `tables do not have the rows that were counted for the dump:…"projections.lost": missing…${notProved}`,
      'json',
      (text) => text.replace('    "projections.users"', '    "projections.lost": 3,\n    "projections.users"'),
    ),
    refused(
      'pg_restore forgets an index',
      'objects are not what they were in the dump, by the hashes of their definitions:…"index" ' +
        `"eventstore.events2_position": missing…${notProved}`,
      (trial) =>
        trial.addTool(
          'pg_restore',
          `case "$*" in
*--exit-on-error*)
  for option; do case $option in --use-list=*) list=\${option#*=} ;; esac; done
  grep -v ' INDEX ' "$list" >/tmp/without
  exec pg_restore "$@" --use-list=/tmp/without ;;
esac
exec pg_restore "$@"`,
        ),
    ),
    refused(
      'rows break a rule of their table',
      'violates check constraint "particular_check"…pg_restore failed, see its message above. "shop" is untouched.',
      async (trial) => {
        await trial.dumpWith(`
          CREATE FUNCTION public.is_free() RETURNS boolean LANGUAGE sql RETURN NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'forbidding');
          CREATE TABLE public.particular (id int CHECK (public.is_free())); INSERT INTO public.particular VALUES (1)`);
        trial.server.sql('postgres', 'CREATE ROLE forbidding');
        trial.afterwards(() => trial.server.sql('postgres', 'DROP ROLE forbidding'));
      },
    ),
    restoreFault(
      'the server has not got an extension',
      {
        leaves: asItWas,
        status: 1,
        impossible: () => (isSandboxed() ? undefined : 'the server is not in a sandbox'),
        says:
          'extension "hstore" is not available…pg_restore failed, see its message above. "shop" is untouched. ' +
          'Install the extension on the server, then run this again.',
      },
      async (trial) => {
        await trial.dumpWith("CREATE EXTENSION hstore; CREATE TABLE public.tags AS SELECT 'a=>1'::hstore AS tags");
        trial.settle();
        trial.server.sql('shop', 'DROP EXTENSION hstore CASCADE');
        trial.settleDatabase();
        const folder = join(
          trial.server.sql('postgres', "SELECT setting FROM pg_config() WHERE name = 'SHAREDIR'"),
          'extension',
        );
        const without = freshFolder('extensions');
        cpSync(join(toolbox().root ?? '', folder), without, {
          recursive: true,
          filter: (path) => !path.includes('hstore'),
        });
        const unshare = trial.server.share(without, folder);
        await trial.server.restart();
        trial.afterwards(async () => {
          unshare();
          await trial.server.restart();
        });
        return trial.restore();
      },
    ),
    restoreFault(
      'a role that owns a table is missing, and the globals have it',
      {
        leaves: restored,
        status: 0,
        says:
          'warning: created roles that were missing: "gone; Role". A dump has no passwords. Set those of the ' +
          'roles that log in: "gone; Role".',
      },
      async (trial) => {
        await goneRole(trial);
        return trial.restore();
      },
    ),
    refused(
      'a role that owns a table is missing, and so are the globals',
      'role "gone; Role" does not exist…pg_restore failed, see its message above. "shop" is untouched. Create ' +
        'the role, then run this again: …globals.sql beside the dump does not have it.',
      async (trial) => {
        const name = await goneRole(trial);
        writeFileSync(trial.file('globals.sql', name), '');
        trial.settle();
        trial.afterwards(() => trial.server.sql('postgres', 'CREATE ROLE "gone; Role"'));
      },
    ),
  ],
};
