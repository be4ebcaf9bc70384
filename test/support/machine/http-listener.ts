import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a listener does with a request: answer 200 or 500, or nothing, or a byte now and then without an end. */
export type Answer = 'accept' | 'error' | 'hang' | 'drip';

const DRIP_MS = 500;

/** A web server on this machine that remembers what it was sent. */
export class HttpListener {
  static async start(answer: Answer): Promise<HttpListener> {
    const listener = new HttpListener(answer);
    await new Promise<void>((resolve) => listener.server.listen(0, '127.0.0.1', resolve));
    return listener;
  }

  private readonly received: string[] = [];
  private readonly server: Server;

  private constructor(answer: Answer) {
    this.server = createServer((request, response) => {
      let body = '';
      request
        .setEncoding('utf8')
        .on('data', (text: string) => (body += text))
        .on('end', () => {
          this.received.push(`${request.method} ${request.url} ${body}`);
          if (answer === 'drip') {
            const drip = setInterval(() => response.write('x'), DRIP_MS);
            response.once('close', () => clearInterval(drip));
          } else if (answer !== 'hang') response.writeHead(answer === 'accept' ? 200 : 500).end();
        });
    });
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${path}`;
  }

  /** Method, path and body of each request so far. */
  posts(): readonly string[] {
    return this.received;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
