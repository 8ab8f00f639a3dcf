import { Client, type buildConnector } from 'undici';
import type { Connect } from './connect.ts';
import type { Exchange } from './exchange.ts';

// A server that says nothing about keep-alive may close after 5 s (Node's default), and a request on a closing connection fails.
const KEEP_ALIVE_MS = 4_000;
// However long a server offers: bounds how long an idle socket stays.
const MAX_KEEP_ALIVE_MS = 30_000;

const MAX_HEADER_BYTES = 16 * 1024;

const CLIENT_OPTIONS: Client.Options = {
  allowH2: false,
  pipelining: 1,
  keepAliveTimeout: KEEP_ALIVE_MS,
  keepAliveMaxTimeout: MAX_KEEP_ALIVE_MS,
  maxHeaderSize: MAX_HEADER_BYTES,
  // A request has one deadline over everything; idle timeouts are no protection against a slow drip.
  headersTimeout: 0,
  bodyTimeout: 0,
};

// How long an endpoint may take for the answer that shows the one before it to be a stray.
const QUIET_MS = 1_000;

/** undici's word for an answer that no request waits for. */
const STRAY_ANSWER = 'bad response';

/** What an exchange has to send. */
export interface OutgoingRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly timeoutMs: number;
}

/** Who keeps the connections. */
export interface ConnectionOwner {
  /** Its exchange has ended well: it can have another. */
  freed(connection: Connection): void;
  /** It can have no more. */
  closed(connection: Connection): void;
  /** Its exchange goes on: on a new connection to that origin. */
  goesOn(origin: string, exchange: Exchange, request: OutgoingRequest): void;
}

export interface ConnectionOptions {
  readonly origin: string;
  readonly connect: Connect;
  readonly connectTimeoutMs: number;
  readonly owner: ConnectionOwner;
}

/**
 * One keep-alive connection to an origin, with one exchange at a time. It is opened by its first exchange.
 *
 * idle → busy → idle … → closed. Whatever went wrong closes it: its rest would be read as the next answer.
 */
export class Connection {
  readonly origin: string;
  readonly #owner: ConnectionOwner;
  readonly #client: Client;
  #exchange: Exchange | undefined;
  #request: OutgoingRequest | undefined;
  #exchangeCount = 0;
  #timeoutMs = 0;
  #deadline: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor({ origin, connect, connectTimeoutMs, owner }: ConnectionOptions) {
    this.origin = origin;
    this.#owner = owner;
    const connector: buildConnector.connector = (target, callback) => {
      connect(target, Math.min(connectTimeoutMs, this.#timeoutMs), callback);
    };
    this.#client = new Client(origin, { ...CLIENT_OPTIONS, connect: connector });
    this.#client.on('disconnect', () => {
      if (this.#exchange === undefined) this.close();
    });
  }

  /** Whether another exchange went before the present one. */
  get isReused(): boolean {
    return this.#exchangeCount > 1;
  }

  begin(exchange: Exchange, request: OutgoingRequest): void {
    const { path, headers, body, timeoutMs } = request;
    this.#exchange = exchange;
    this.#request = request;
    this.#exchangeCount += 1;
    this.#setDeadline(timeoutMs);
    this.#client.dispatch({ method: 'POST', path, headers, body }, exchange);
  }

  /**
   * Whether the answer was a stray, behind the one to an earlier request: then the answer to the present request is still to come. False
   * when none has come within a second.
   */
  wasStray(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(resolve, QUIET_MS, false);
    this.#client.once('disconnect', (_origin: URL, _targets: unknown, error: Error) => resolve(error.message === STRAY_ANSWER));
    return promise.finally(() => clearTimeout(timer));
  }

  /** Its exchange is over, and nothing is left of it on the wire. */
  free(): void {
    this.#exchange = undefined;
    this.#request = undefined;
    this.#owner.freed(this);
  }

  /** Its exchange has not got through: the endpoint had closed it before. */
  handOver(): void {
    const exchange = this.#exchange;
    const request = this.#request;
    this.#exchange = undefined;
    if (exchange !== undefined && request !== undefined) this.#owner.goesOn(this.origin, exchange, request);
    this.close();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#deadline);
    // What is under way has been settled; undici tells it once more.
    void this.#client.destroy();
    this.#owner.closed(this);
  }

  // One timer for all exchanges of the connection: setting one anew costs a third of making one. It may fire while nothing is under way.
  #setDeadline(timeoutMs: number): void {
    if (this.#deadline !== undefined && this.#timeoutMs === timeoutMs) {
      this.#deadline.refresh();
      return;
    }
    clearTimeout(this.#deadline);
    this.#timeoutMs = timeoutMs;
    this.#deadline = setTimeout(passDeadline, timeoutMs, this).unref();
  }

  passDeadline(): void {
    this.#exchange?.timeOut();
  }
}

function passDeadline(connection: Connection): void {
  connection.passDeadline();
}
