import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** ZITADEL's gateway as an operator sees it: not there in its first moments, and then by its domain and its tokens. */
export class ZitadelGateway {
  static async start(domain: string, token: string): Promise<ZitadelGateway> {
    const gateway = new ZitadelGateway(domain, token);
    await new Promise<void>((resolve) => gateway.server.listen(0, '127.0.0.1', resolve));
    return gateway;
  }

  /** The status of each answer so far. */
  readonly answers: number[] = [];
  private readonly server: Server;

  private constructor(
    private readonly domain: string,
    /** The one that it can decrypt. */
    public token: string,
  ) {
    this.server = createServer(({ url, headers }, response) => {
      const status = this.statusOf(url!, headers.host, headers.authorization);
      this.answers.push(status);
      response.writeHead(status).end('{}');
    });
  }

  /** Address and port. */
  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private statusOf(url: string, host: string | undefined, authorization: string | undefined): number {
    if (this.answers.length === 0) return 503;
    if (host !== this.domain || url !== '/auth/v1/users/me') return 404;
    return authorization === `Bearer ${this.token}` ? 200 : 401;
  }
}
