import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault, FaultGroup, Outcome, Surroundings, Told } from './fault';
import { contents } from './fault-contents';
import { takeSample, Trial, type Moment, type Sample } from './fault-trial';
import { createIdentityDatabase } from '../zitadel/identity-database';
import { MASTERKEY, type Env, type Evidence } from '../pods/instance';
import type { PodOptions, PodProcess, PodResult } from '../pods/pod';
import type { PostgresServer } from '../postgres/postgres-server';
import type { Userland } from '../machine/userlands';
import { DataKey, encryptionSql, JWK, keyPairAdded, PEM, webKeyAdded } from '../zitadel/zitadel-encryption';

const keys = [new DataKey('oidcKey', MASTERKEY), new DataKey('samlKey', MASTERKEY)] as const;

/** What a drill leaves: its verdict, and whether there is any reason to doubt the dump. */
export interface Judged extends Told {
  /** Undefined where the run was stopped before it could tell. */
  readonly verdict?: Evidence['verdict'];
  readonly isDumpGood: boolean;
}

export const proven: Judged = { text: 'proven', verdict: 'proven', isDumpGood: true };
export const failed: Judged = { text: 'failed', verdict: 'failed', isDumpGood: true };
export const untold: Judged = { text: 'none', isDumpGood: true };
export const failedOfBad: Judged = { ...failed, isDumpGood: false };
export const inconclusive: Judged = { text: 'inconclusive', verdict: 'inconclusive', isDumpGood: false };

export type DrillFault = Fault<DrillTrial, Judged>;
export type DrillFaultGroup = FaultGroup<DrillFault>;

export function drillFault(
  name: string,
  outcome: Outcome<Judged> & Surroundings,
  inject: DrillFault['inject'],
): DrillFault {
  return { name, ...outcome, inject };
}

/** A dump on the NAS whose values are encrypted, and drills of it. */
export class DrillTrial extends Trial {
  constructor(server: PostgresServer, userland: Userland, sample: Sample) {
    super(server, userland, sample, { drill: true });
    this.passwords.push(MASTERKEY, ...keys.map(({ bytes }) => bytes));
  }

  startDrill(env: Env = {}, disks?: PodOptions['disks']): PodProcess {
    return this.follow(() => this.instance.startDrill(env, disks));
  }

  drill(env: Env = {}, disks?: PodOptions['disks']): Promise<PodResult> {
    return this.startDrill(env, disks).result;
  }

  /** Starts a drill and returns it when it stands still at a moment. */
  async drillUntil(moment: Moment, env: Env = {}, disks?: PodOptions['disks']): Promise<PodProcess> {
    const run = this.startDrill(env, disks);
    await moment.reached();
    return run;
  }

  /** Changes the bytes of the dump, and writes a checksum as if they had always been so: only its contents can tell. */
  forge(change: (bytes: Buffer) => void): void {
    const bytes = readFileSync(this.file('dump'));
    change(bytes);
    writeFileSync(this.file('dump'), bytes);
    const sum = createHash('sha256').update(bytes).digest('hex');
    for (const ending of ['dump.sha256', 'json']) {
      const text = readFileSync(this.file(ending), 'utf8');
      writeFileSync(this.file(ending), text.replace(/^(?:[0-9a-f]{64}|( +"sha256": ")[0-9a-f]{64})/m, `$1${sum}`));
    }
  }

  /** All evidence on the NAS, oldest first. */
  evidence(): Evidence[] {
    try {
      return readdirSync(join(this.folder, 'drills'))
        .filter((file) => /^\d.*\.json$/.test(file))
        .sort()
        .map((file) => this.instance.evidence(file));
    } catch {
      return []; // no drill has told anything yet
    }
  }

  holds(): string[] {
    return this.instance.files().filter((file) => file.endsWith('.hold'));
  }

  /** The dumps on the NAS, without what drills put beside them. */
  dumpsNow(): Record<string, string> {
    return withoutDrills(contents(this.folder).files);
  }

  dumpsBefore(): Record<string, string> {
    return withoutDrills(this.before.files);
  }
}

export async function takeDrillSample(server: PostgresServer): Promise<Sample> {
  createIdentityDatabase(server, 'shop');
  server.sql('shop', encryptionSql(keys, [keyPairAdded(keys[1].value(PEM)), webKeyAdded(keys[0].value(JWK))]));
  server.sql(
    'shop',
    "CREATE EXTENSION citext SCHEMA public; CREATE TABLE public.tags AS SELECT 'A'::public.citext AS name",
  );
  return takeSample(server);
}

function withoutDrills(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).filter(([file]) => !/^drills(\/|$)|\.hold$/.test(file)));
}
