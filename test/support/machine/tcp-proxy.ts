import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A network between a client and a server on this machine, which can fail. */
export class TcpProxy {
  private readonly connections = new Set<Socket>();

  /** Connections break after so many bytes from the server. */
  static async to(port: number, breakAfterBytes = Infinity): Promise<TcpProxy> {
    const proxy = new TcpProxy(port, breakAfterBytes);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  private readonly server: Server;

  private constructor(target: number, breakAfterBytes: number) {
    this.server = createServer((client) => {
      const upstream = connect(target, '127.0.0.1');
      let bytes = 0;
      upstream.on('data', ({ length }) => {
        bytes += length;
        if (bytes > breakAfterBytes) client.resetAndDestroy();
      });
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        this.connections.add(socket);
        socket
          .on('error', () => {})
          .on('close', () => {
            this.connections.delete(socket);
            other.destroy();
          });
        socket.pipe(other);
      }
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Resets all connections. */
  reset(): void {
    for (const socket of this.connections) socket.resetAndDestroy();
  }

  close(): void {
    this.reset();
    this.server.close();
  }
}
