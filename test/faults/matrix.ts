import type { AnyFault, FaultGroup } from '../support/faults/fault';
import type { Component } from '../support/faults/fault-ledger';
import { concurrency } from './backup/concurrency';
import { damages } from './backup/damages';
import { databases } from './backup/databases';
import { heartbeat } from './backup/heartbeat';
import { names } from './backup/names';
import { nas } from './backup/nas';
import { purpose } from './backup/purpose';
import { secrets } from './backup/secrets';
import { server } from './backup/server';
import { signals } from './backup/signals';
import { storage } from './backup/storage';
import { dumps as drillDumps } from './drill/dumps';
import { nas as drillNas } from './drill/nas';
import { signals as drillSignals } from './drill/signals';
import { surroundings as drillSurroundings } from './drill/surroundings';
import { bucket } from './offsite/bucket';
import { objects } from './offsite/objects';
import { restore as offsiteRestore } from './offsite/restore';
import { signals as offsiteSignals } from './offsite/signals';
import { storage as offsiteStorage } from './offsite/storage';
import { actions } from './restore/actions';
import { concurrency as restoreConcurrency } from './restore/concurrency';
import { contents } from './restore/contents';
import { dumps } from './restore/dumps';
import { memory } from './restore/memory';
import { names as restoreNames } from './restore/names';
import { nas as restoreNas } from './restore/nas';
import { proof } from './restore/proof';
import { random } from './restore/random';
import { secrets as restoreSecrets } from './restore/secrets';
import { server as restoreServer } from './restore/server';
import { sessions } from './restore/sessions';
import { signals as restoreSignals } from './restore/signals';
import { storage as restoreStorage } from './restore/storage';

/** Every fault, in the order of the page that tells of them. */
export const MATRIX: Readonly<Record<Component, readonly FaultGroup<AnyFault>[]>> = {
  backup: [server, secrets, concurrency, signals, storage, nas, names, purpose, databases, heartbeat, damages],
  restore: [
    dumps,
    restoreSecrets,
    proof,
    restoreServer,
    memory,
    restoreSignals,
    random,
    sessions,
    restoreConcurrency,
    actions,
    restoreNames,
    contents,
    restoreStorage,
    restoreNas,
  ],
  drill: [drillDumps, drillSignals, drillSurroundings, drillNas],
  offsite: [offsiteSignals, bucket, objects, offsiteStorage, offsiteRestore],
};
