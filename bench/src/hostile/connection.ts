import type { Socket } from 'node:net';
import { Exchange } from './exchange.ts';
import { nowMs } from '../clock.ts';
import type { HostileRequest, Journal } from './journal.ts';
import { readRequestHead, type RequestHead } from './request-head.ts';

/** What a path does. */
export interface Behaviour {
  /** Acts on the head alone and leaves the request's body unread. */
  readonly isBlindToBody?: boolean;
  readonly act: (exchange: Exchange) => void;
}

export interface ConnectionOptions {
  readonly listener: string;
  readonly journal: Journal;
  readonly behaviourOf: (path: string) => Behaviour;
}

const BAD_REQUEST = 'HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n';

let connections = 0;

/** One connection: reads a request after the other and lets its path's behaviour act. Raw, because no HTTP server would misbehave so. */
export class Connection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #host: string;
  readonly #number = ++connections;
  readonly #openedAtMs = nowMs();
  #unread: Buffer = Buffer.alloc(0);
  #exchange: Exchange | undefined;
  #isSilent = true;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#host = socket.localAddress ?? '';
    options.journal.opened(options.listener, socket);
    // Reset by the peer, for one. What matters is in the journal.
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('close', () => this.#closed());
  }

  #take(bytes: Buffer): void {
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    this.#readOn();
  }

  #readOn(): void {
    if (this.#exchange !== undefined && !this.#exchange.isOver) return;
    if (isNoHttp(this.#unread)) this.#socket.end(BAD_REQUEST);
    const head = readRequestHead(this.#unread);
    if (head === undefined) return;
    const behaviour = this.#options.behaviourOf(head.path);
    const length = head.length + (behaviour.isBlindToBody === true ? 0 : head.contentLength);
    if (this.#unread.length < length) return;
    this.#unread = this.#unread.subarray(length);
    this.#begin(head, behaviour);
  }

  #begin(head: RequestHead, behaviour: Behaviour): void {
    this.#isSilent = false;
    const request = requestOf(head, { listener: this.#options.listener, host: this.#host, connection: this.#number });
    this.#options.journal.begin(request);
    this.#exchange = new Exchange(this.#socket, request, () => this.#readOn());
    behaviour.act(this.#exchange);
  }

  #closed(): void {
    this.#exchange?.end('hung_up');
    const { journal, listener } = this.#options;
    journal.closed(listener, this.#host);
    if (this.#isSilent) journal.silent(listener, this.#host, this.#openedAtMs);
  }
}

// A TLS handshake, for one: it is answered in plain HTTP, as HTTP servers do.
function isNoHttp(bytes: Buffer): boolean {
  const first = bytes[0];
  return first !== undefined && (first < 0x41 || first > 0x5a);
}

function requestOf({ path, headers }: RequestHead, from: Pick<HostileRequest, 'listener' | 'host' | 'connection'>): HostileRequest {
  return {
    path,
    ...from,
    appId: headers.get('webhook-app-id') ?? '',
    webhookId: headers.get('webhook-id') ?? '',
    deliveryId: headers.get('webhook-delivery-id') ?? '',
    attempt: Number(headers.get('webhook-attempt') ?? 0),
    atMs: nowMs(),
    statusCode: 0,
    sentBytes: 0,
    end: null,
    endedAtMs: null,
  };
}
