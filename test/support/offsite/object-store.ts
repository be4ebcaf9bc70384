import { createHash, createHmac } from 'node:crypto';
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { eventually } from '../machine/eventually';
import { atEndOfFile } from '../machine/leftovers';
import { which } from '../machine/machine';
import { freshFolder, memoryFolder } from '../machine/run-folder';
import { Authority } from '../postgres/authority';
import { freePort } from '../postgres/postgres-server';
import { PROGRAMS } from './programs';

/** A key of the server. */
export interface Key {
  readonly id: string;
  readonly secret: string;
}

/** May do everything. */
export const ADMIN: Key = { id: 'ADMINKEYOFTHETESTS', secret: 'an-admin-may-do-everything' };

/** A version of an object, or the mark that it was deleted. */
export interface Version {
  readonly key: string;
  readonly id: string;
  readonly isLatest: boolean;
  readonly isDeletion: boolean;
}

/** What a server of objects answers. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** A SeaweedFS with S3, over TLS, that keeps its data in memory. */
export class ObjectStore {
  /**
   * @param keys further ones, by name, with what they may do, in the language of IAM policies
   * @param volumeMegabytes size of each of its 64 volumes, of which every bucket takes some
   */
  static async start(
    keys: Readonly<Record<string, { key: Key; policy: object }>> = {},
    volumeMegabytes = 64,
  ): Promise<ObjectStore> {
    const folder = freshFolder('objects', memoryFolder());
    const authority = new Authority('the authority of the bucket');
    const { certificate, key } = authority.sign('127.0.0.1', ['IP:127.0.0.1']);
    const files = { 'server.crt': certificate, 'server.key': key, 's3.json': configuration(keys) };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
    mkdirSync(join(folder, 'data'));
    const ports: Record<string, number> = {};
    for (const name of ['master', 'volume', 'filer', 's3']) {
      ports[`${name}.port`] = await freePort();
      ports[`${name}.port.grpc`] = await freePort();
    }
    const flags = {
      ...ports,
      dir: join(folder, 'data'),
      ip: '127.0.0.1',
      'ip.bind': '127.0.0.1',
      filer: true,
      'filer.localSocket': join(folder, 'filer.sock'),
      s3: true,
      's3.localSocket': join(folder, 's3.sock'),
      's3.config': join(folder, 's3.json'),
      's3.cert.file': join(folder, 'server.crt'),
      's3.key.file': join(folder, 'server.key'),
      's3.port.iceberg': 0,
      's3.port.lance': 0,
      's3.iam': false,
      'master.telemetry': false,
      'master.volumeSizeLimitMB': volumeMegabytes,
      'volume.max': 64,
    };
    const args = ['server', ...Object.entries(flags).map(([name, value]) => `-${name}=${value}`)];
    const log = createWriteStream(join(folder, 'log'));
    // It dies with the tests, however they end.
    const process = spawn(which('setpriv')!, ['--pdeathsig', 'KILL', '--', join(PROGRAMS, 'weed'), ...args], {
      cwd: folder,
      env: { HOME: folder, PATH: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    process.stdout.pipe(log);
    process.stderr.pipe(log);
    const store = new ObjectStore(ports['s3.port']!, authority, process, folder);
    atEndOfFile(() => store.stop());
    await eventually('SeaweedFS answers', async () => (await store.tries('GET', '/')) === 200);
    return store;
  }

  private constructor(
    readonly port: number,
    readonly authority: Authority,
    private readonly process: ChildProcess,
    private readonly folder: string,
  ) {}

  get endpoint(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  /** @param lockDays how long objects are locked by themselves, in compliance mode; 0 for no lock */
  async makeBucket(name: string, lockDays = 0): Promise<void> {
    const headers: Record<string, string> = lockDays > 0 ? { 'x-amz-bucket-object-lock-enabled': 'true' } : {};
    await this.ask('PUT', `/${name}`, { headers });
    if (lockDays === 0) return;
    const rule = `<Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Days>${lockDays}</Days></DefaultRetention></Rule>`;
    const body = `<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>${rule}</ObjectLockConfiguration>`;
    await this.ask('PUT', `/${name}?object-lock`, { body: Buffer.from(body) });
  }

  /** The versions of all objects of a bucket, as the server tells them. */
  async versions(bucket: string): Promise<Version[]> {
    const { body } = await this.ask('GET', `/${bucket}?versions`);
    const found = body.toString().matchAll(/<(Version|DeleteMarker)>(.*?)<\/\1>/gs);
    return [...found].map(([, kind, text]) => {
      const member = (name: string): string => new RegExp(`<${name}>(.*?)</${name}>`).exec(text!)![1]!;
      return {
        key: member('Key'),
        id: member('VersionId'),
        isLatest: member('IsLatest') === 'true',
        isDeletion: kind === 'DeleteMarker',
      };
    });
  }

  /** The names of the objects that are there. */
  async objects(bucket: string): Promise<string[]> {
    const { body } = await this.ask('GET', `/${bucket}`);
    return [...body.toString().matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) => key!).sort();
  }

  async get(path: string, key = ADMIN): Promise<Buffer> {
    return (await this.ask('GET', path, { key })).body;
  }

  async put(path: string, body: Buffer, key = ADMIN): Promise<void> {
    await this.ask('PUT', path, { body, key });
  }

  async delete(path: string, key = ADMIN): Promise<void> {
    await this.ask('DELETE', path, { key });
  }

  /** The status of a request that may be refused; 0 where nothing answers. */
  async tries(method: string, path: string, key = ADMIN): Promise<number> {
    return (await this.send(method, path, { key }).catch(() => ({ status: 0 }))).status;
  }

  /** Ends it, by its process, as a failure would. */
  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const ended = new Promise((resolve) => this.process.once('exit', resolve));
      this.process.kill('SIGKILL');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private async ask(method: string, path: string, options: Request = {}): Promise<Answer> {
    const answer = await this.send(method, path, options);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
    return answer;
  }

  private send(
    method: string,
    path: string,
    { body = Buffer.alloc(0), headers = {}, key = ADMIN }: Request,
  ): Promise<Answer> {
    const host = `127.0.0.1:${this.port}`;
    return new Promise((resolve, reject) => {
      request(
        {
          host: '127.0.0.1',
          port: this.port,
          path,
          method,
          headers: signed(method, path, body, { ...headers, host }, key),
          ca: this.authority.certificate,
        },
        (response) => {
          const parts: Buffer[] = [];
          response
            .on('data', (part: Buffer) => parts.push(part))
            .on('end', () => resolve({ status: response.statusCode!, body: Buffer.concat(parts) }))
            .on('error', reject);
        },
      )
        .on('error', reject)
        .end(body);
    });
  }
}

interface Request {
  readonly body?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: Key;
}

function configuration(keys: Readonly<Record<string, { key: Key; policy: object }>>): string {
  const credentials = ({ id, secret }: Key): object[] => [{ accessKey: id, secretKey: secret }];
  return JSON.stringify({
    identities: [
      { name: 'admin', credentials: credentials(ADMIN), actions: ['Admin', 'Read', 'List', 'Tagging', 'Write'] },
      ...Object.entries(keys).map(([name, { key }]) => ({ name, credentials: credentials(key), policyNames: [name] })),
    ],
    policies: Object.entries(keys).map(([name, { policy }]) => ({ name, content: JSON.stringify(policy) })),
  });
}

/**
 * The headers of a request, signed.
 * Rule: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
function signed(
  method: string,
  path: string,
  body: Buffer,
  given: Readonly<Record<string, string>>,
  key: Key,
): Record<string, string> {
  const hash = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
  const hmac = (secret: string | Buffer, data: string): Buffer => createHmac('sha256', secret).update(data).digest();
  const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
  const headers: Record<string, string> = { ...given, 'x-amz-content-sha256': hash(body), 'x-amz-date': time };
  const names = Object.keys(headers).sort();
  const [resource, query = ''] = path.split('?') as [string, string?];
  const parameters = query === '' ? '' : query.includes('=') ? query : `${query}=`;
  const lines = names.map((name) => `${name}:${headers[name]}`);
  const canonical = [method, resource, parameters, ...lines, '', names.join(';'), hash(body)].join('\n');
  const scope = `${time.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const signing = scope.split('/').reduce<Buffer | string>((secret, part) => hmac(secret, part), `AWS4${key.secret}`);
  const signature = hmac(signing, ['AWS4-HMAC-SHA256', time, scope, hash(canonical)].join('\n')).toString('hex');
  headers.authorization = `AWS4-HMAC-SHA256 Credential=${key.id}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return headers;
}
