import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The endpoint of an app that wants lifecycle events: remembers which merchants' installations it was told of. */
export class InstallInbox {
  readonly #server: Server;
  readonly #merchants = new Set<string>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<InstallInbox> {
    const server = createServer();
    const inbox = new InstallInbox(server);
    server.on('request', (request, response) => {
      const merchant = request.headers['webhook-merchant-id'];
      if (request.headers['webhook-event-type'] === 'partner_app.install.created' && typeof merchant === 'string') {
        inbox.#merchants.add(merchant);
      }
      request.resume().once('end', () => response.end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return inbox;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/lifecycle`;
  }

  knows(merchant: string): boolean {
    return this.#merchants.has(merchant);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
