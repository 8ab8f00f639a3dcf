import { Pool } from 'undici';
import type { buildConnector } from 'undici';

export interface OriginPoolsOptions {
  readonly connectionsPerOrigin: number;
  readonly maxOrigins: number;
  /** Opens connections, each given up after `timeoutMs`. */
  readonly connectorWithin: (timeoutMs: number) => buildConnector.connector;
}

// A server that says nothing about keep-alive may close after 5 s (Node's default), and a request on a closing connection fails.
const KEEP_ALIVE_MS = 4_000;
// However long a server offers: bounds the idle sockets.
const MAX_KEEP_ALIVE_MS = 30_000;

const MAX_HEADER_BYTES = 16 * 1024;

/**
 * The keep-alive connections, a pool for each origin and connect timeout. A pool lives as long as it has a connection or a request; past
 * the bound on their number the oldest idle one is closed. undici's Agent would refuse new origins instead.
 */
export class OriginPools {
  readonly #options: OriginPoolsOptions;
  readonly #pools = new Map<string, Pool>();
  readonly #closing = new Set<Promise<void>>();

  constructor(options: OriginPoolsOptions) {
    this.#options = options;
  }

  /** How many origins have connections or requests now. */
  get size(): number {
    return this.#pools.size;
  }

  poolOf(origin: string, connectTimeoutMs: number): Pool {
    const key = `${connectTimeoutMs} ${origin}`;
    return this.#pools.get(key) ?? this.#open(key, origin, connectTimeoutMs);
  }

  /** Lets requests under way end, then closes every connection. */
  async close(): Promise<void> {
    for (const [key, pool] of this.#pools) this.#retire(key, pool);
    await Promise.all(this.#closing);
  }

  #open(key: string, origin: string, connectTimeoutMs: number): Pool {
    if (this.#pools.size >= this.#options.maxOrigins) this.#makeRoom();
    const pool = new Pool(origin, {
      connections: this.#options.connectionsPerOrigin,
      connect: this.#options.connectorWithin(connectTimeoutMs),
      allowH2: false,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: MAX_KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      // An exchange has one deadline over everything; idle timeouts are no protection against a slow drip.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const retireUnused = (): void => {
      const { connected, size } = pool.stats;
      if (connected === 0 && size === 0) this.#retire(key, pool);
    };
    pool.on('disconnect', retireUnused).on('connectionError', retireUnused);
    this.#pools.set(key, pool);
    return pool;
  }

  #makeRoom(): void {
    const [oldest] = this.#pools;
    let victim = oldest;
    for (const entry of this.#pools) {
      if (entry[1].stats.size > 0) continue;
      victim = entry;
      break;
    }
    if (victim !== undefined) this.#retire(...victim);
  }

  #retire(key: string, pool: Pool): void {
    if (this.#pools.get(key) !== pool) return;
    this.#pools.delete(key);
    const closed = pool.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}
