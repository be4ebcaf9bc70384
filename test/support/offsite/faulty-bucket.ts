import type { IncomingMessage } from 'node:http';
import { createServer, request, type Server } from 'node:https';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { atEndOfFile } from '../machine/leftovers';
import type { ObjectStore } from './object-store';

/** What happens to a request: a status and a code of S3, a connection that breaks after some bytes, or other bytes. */
export interface Fault {
  readonly status?: number;
  readonly code?: string;
  readonly breakAfter?: number;
  /** Offset of a byte of the answer that is another one than the bucket has given. */
  readonly changeAt?: number;
}

/** A request, as a fault may look at it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  /** How many there were before it. */
  readonly index: number;
}

/** What happens to which request; undefined lets it through. */
export type Faults = (asked: Asked) => Fault | undefined;

/** A server between rclone and the bucket, which can fail. */
export class FaultyBucket {
  /**
   * @param fault what happens to a request; undefined lets it through
   * @param answered is called when the bucket has answered, before rclone gets to know
   */
  static async before(
    store: ObjectStore,
    fault: Faults = () => undefined,
    answered: (asked: Asked) => void = () => {},
  ): Promise<FaultyBucket> {
    const bucket = new FaultyBucket(store, fault, answered);
    await new Promise<void>((resolve) => bucket.server.listen(0, '127.0.0.1', resolve));
    atEndOfFile(() => bucket.close());
    return bucket;
  }

  /** All requests so far. */
  readonly asked: Asked[] = [];
  private readonly server: Server;

  private constructor(
    private readonly store: ObjectStore,
    private fault: Faults,
    private answered: (asked: Asked) => void,
  ) {
    const { certificate: cert, key } = store.authority.sign('127.0.0.1', ['IP:127.0.0.1']);
    this.server = createServer({ cert, key }, (from, to) => {
      const asked = { method: from.method!, path: from.url!, index: this.asked.length };
      this.asked.push(asked);
      const { status, code, breakAfter, changeAt } = this.fault(asked) ?? {};
      if (status !== undefined) refuse(from, to, status, code);
      else this.forward(asked, from, to, breakAfter, changeAt);
    });
  }

  get endpoint(): string {
    return `https://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Fails otherwise from now on, or not at all. */
  meets(fault: Faults = () => undefined, answered: (asked: Asked) => void = () => {}): void {
    this.fault = fault;
    this.answered = answered;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** The host in the headers is signed, and stays. */
  private forward(asked: Asked, from: IncomingMessage, to: ServerResponse, breakAfter = Infinity, changeAt = -1): void {
    const { method, url: path, headers } = from;
    const { authority, port } = this.store;
    const on = request({
      host: '127.0.0.1',
      port,
      method,
      path,
      headers,
      ca: authority.certificate,
      servername: '',
    });
    let bytes = 0;
    const count = (part: Buffer): void => {
      bytes += part.length;
      if (bytes > breakAfter) {
        from.socket.destroy();
        on.destroy();
      }
    };
    from.on('data', count).on('error', () => on.destroy());
    to.on('close', () => on.destroy());
    on.on('error', () => from.socket.destroy());
    on.on('response', (response) => {
      this.answered(asked);
      to.writeHead(response.statusCode!, response.headers);
      let given = 0;
      response
        .on('data', count)
        .on('data', (part: Buffer) => {
          if (changeAt >= given && changeAt < given + part.length) part[changeAt - given]! ^= 1;
          given += part.length;
        })
        .on('error', () => to.destroy());
      response.pipe(to);
    });
    from.pipe(on);
  }
}

function refuse(from: IncomingMessage, to: ServerResponse, status: number, code = 'InternalError'): void {
  from.resume();
  from.once('end', () => {
    to.writeHead(status, { 'content-type': 'application/xml' });
    to.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>The tests want it so.</Message></Error>`);
  });
}
