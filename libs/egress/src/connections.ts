import { Connection, type ConnectionOwner, type OutgoingRequest } from './connection.ts';
import type { Connect } from './connect.ts';
import type { Exchange } from './exchange.ts';

export interface ConnectionsOptions {
  readonly connect: Connect;
  readonly connectTimeoutMs: number;
  readonly maxIdle: number;
}

/** One origin's connections. */
interface Origin {
  /** The one used last is at the end. */
  readonly idle: Connection[];
  open: number;
}

/**
 * The keep-alive connections of all origins. A request takes an idle one, the last used first, or opens one: there are never more
 * connections to an origin than it had requests under way at once, and no request waits for another's connection. Who bounds the requests
 * bounds the sockets. (undici's Pool takes a second connection while the first one's answer is being finished, and has one bound for all
 * who share an origin.)
 */
export class Connections implements ConnectionOwner {
  readonly #options: ConnectionsOptions;
  readonly #origins = new Map<string, Origin>();
  readonly #whenClosed = Promise.withResolvers<undefined>();
  #idleCount = 0;
  #isClosing = false;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** How many origins have connections now. */
  get originCount(): number {
    return this.#origins.size;
  }

  get idleCount(): number {
    return this.#idleCount;
  }

  /** A connection for one exchange. */
  take(name: string): Connection {
    const origin = this.#origins.get(name) ?? this.#addOrigin(name);
    const idle = origin.idle.pop();
    if (idle === undefined) return this.#open(name, origin);
    this.#idleCount -= 1;
    return idle;
  }

  freed(connection: Connection): void {
    const origin = this.#origins.get(connection.origin);
    // Not the one idle for longest: where origins take turns, that is the one that is needed next.
    if (origin === undefined || this.#isClosing || this.#idleCount >= this.#options.maxIdle) {
      connection.close();
      return;
    }
    origin.idle.push(connection);
    this.#idleCount += 1;
  }

  closed(connection: Connection): void {
    const origin = this.#origins.get(connection.origin);
    if (origin === undefined) return;
    const index = origin.idle.indexOf(connection);
    if (index !== -1) {
      origin.idle.splice(index, 1);
      this.#idleCount -= 1;
    }
    origin.open -= 1;
    if (origin.open === 0) this.#origins.delete(connection.origin);
    if (this.#isClosing && this.#origins.size === 0) this.#whenClosed.resolve(undefined);
  }

  // Not an idle one: what one was closed for, the others may be closed for too.
  goesOn(name: string, exchange: Exchange, request: OutgoingRequest): void {
    const connection = this.#open(name, this.#origins.get(name) ?? this.#addOrigin(name));
    exchange.moveTo(connection);
    connection.begin(exchange, { ...request, timeoutMs: Math.max(1, request.timeoutMs - exchange.elapsedMs) });
  }

  /** Lets exchanges under way end, then closes every connection. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const { idle } of [...this.#origins.values()]) for (const connection of [...idle]) connection.close();
    if (this.#origins.size === 0) this.#whenClosed.resolve(undefined);
    await this.#whenClosed.promise;
  }

  #addOrigin(name: string): Origin {
    const origin = { idle: [], open: 0 };
    this.#origins.set(name, origin);
    return origin;
  }

  #open(name: string, origin: Origin): Connection {
    const { connect, connectTimeoutMs } = this.#options;
    origin.open += 1;
    return new Connection({ origin: name, connect, connectTimeoutMs, owner: this });
  }
}
