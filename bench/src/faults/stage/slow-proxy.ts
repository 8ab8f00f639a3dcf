import net from 'node:net';

/** A TCP proxy whose answers can be made to come late, as those of a server that takes its time. */
export class SlowProxy {
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  #delayMs = 0;

  private constructor(server: net.Server) {
    this.#server = server;
  }

  /** In front of `host:port`. */
  static async start(target: string): Promise<SlowProxy> {
    const [host = '', port = ''] = target.split(':');
    const server = net.createServer();
    const proxy = new SlowProxy(server);
    server.on('connection', (client) => proxy.#join(client, net.connect(Number(port), host)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as net.AddressInfo).port}`;
  }

  /** From now on every answer comes so much later, in its order. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: net.Socket, upstream: net.Socket): void {
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => setTimeout(() => client.writable && client.write(chunk), this.#delayMs));
  }
}
