import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it arrived. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly atMs: number;
}

/** Answers a request; by default 200. */
export type Answer = (request: Received, response: ServerResponse, number: number) => void;

/** An app's endpoint: keeps every request, answers as it is told. */
export class Receiver {
  readonly requests: Received[] = [];
  answer: Answer = (_request, response) => response.end('ok');
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const received = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks), atMs: Date.now() };
        this.requests.push(received);
        this.answer(received, response, this.requests.length);
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Requests of one event. */
  of(eventId: string): Received[] {
    return this.requests.filter(({ headers }) => headers['webhook-id'] === eventId);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
