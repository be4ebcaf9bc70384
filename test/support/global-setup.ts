import { say } from './machine';
import { makeTemplate } from './postgres-template';
import { makeRunFolder } from './run-folder';
import { trySandbox } from './sandbox';
import { makeUserlands } from './userlands';
import { findToolbox, publishToolbox } from './toolbox';

/** Finds the real programs and makes what every test file shares. */
export default async function globalSetup(): Promise<void> {
  makeRunFolder();
  const found = findToolbox();
  publishToolbox(found);
  const problem = trySandbox();
  makeUserlands();
  await makeTemplate();
  const where = found.root === null ? found.binDir : `${found.root}${found.binDir}`;
  say(
    `PostgreSQL ${found.major} from ${where}; pods run ` +
      `${problem === '' ? 'in sandboxes' : `as plain processes, without sandboxes (${problem})`}.`,
  );
}
