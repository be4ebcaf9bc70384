import { eventually } from '../machine/eventually';
import type { RestoreTrial } from './restore-trial';
import { SessionClient } from '../postgres/session-client';

/** A row at a time, into a table that the dump has not got. */
const WRITE = `
  INSERT INTO public.since_the_dump SELECT max(n) + 1 FROM public.since_the_dump RETURNING n
  \\watch 0.01`;

export interface Writer {
  /** The last row whose writing the server has confirmed. */
  confirmed: number;
  readonly stop: () => Promise<void>;
}

/** Has a service hold a session on the live database, until the fault is lifted. */
export async function connectService(trial: RestoreTrial, commands?: string): Promise<void> {
  const client = new SessionClient(trial.server, trial.database, commands);
  trial.afterwards(() => client.stop());
  const count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'a-service'";
  await eventually('the service is connected', () => trial.server.sql('postgres', count) !== '0');
}

/** Has a service write all the time. */
export async function startWriter(trial: RestoreTrial): Promise<Writer> {
  const writer = { confirmed: 0, stop: () => client.stop() };
  const client: SessionClient = new SessionClient(trial.server, trial.database, WRITE, (line) => {
    if (/^\d+$/.test(line)) writer.confirmed = Number(line);
  });
  trial.afterwards(writer.stop);
  await eventually('the service writes', () => writer.confirmed > 0);
  return writer;
}
