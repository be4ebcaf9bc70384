import type { FaultGroup } from '../support/fault';
import { concurrency } from './backup/concurrency';
import { damages } from './backup/damages';
import { databases } from './backup/databases';
import { heartbeat } from './backup/heartbeat';
import { names } from './backup/names';
import { server } from './backup/server';
import { signals } from './backup/signals';
import { storage } from './backup/storage';

/** Every fault, in the order of the page that tells of them. */
export const MATRIX: readonly FaultGroup[] = [server, concurrency, signals, storage, names, databases, heartbeat, damages];
