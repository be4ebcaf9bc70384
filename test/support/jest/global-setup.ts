import { say } from '../machine/machine';
import { makeTemplate } from '../postgres/postgres-template';
import { makeRunFolder } from '../machine/run-folder';
import { trySandbox } from '../machine/sandbox';
import { makePrograms } from '../offsite/programs';
import { makeUserlands } from '../machine/userlands';
import { findToolbox, publishToolbox } from '../machine/toolbox';

/** Finds the real programs and makes what every test file shares. */
export default async function globalSetup(): Promise<void> {
  makeRunFolder();
  const found = findToolbox();
  publishToolbox(found);
  const problem = trySandbox();
  makeUserlands();
  makePrograms();
  await makeTemplate();
  const where = found.root === null ? found.binDir : `${found.root}${found.binDir}`;
  say(
    `PostgreSQL ${found.major} from ${where}; pods run ` +
      `${problem === '' ? 'in sandboxes' : `as plain processes, without sandboxes (${problem})`}.`,
  );
}
