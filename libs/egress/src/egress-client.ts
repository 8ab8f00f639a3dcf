import { judgedConnector } from './connector.ts';
import { Exchange } from './exchange.ts';
import { systemResolveHost, type ResolveHost } from './host-addresses.ts';
import { OriginPools } from './origin-pools.ts';
import type { EgressPolicy } from './policy.ts';
import type { SendRequest, SendResult } from './send-result.ts';
import { Targets } from './targets.ts';
import { TlsSessions } from './tls-sessions.ts';

export interface EgressClientOptions {
  readonly policy: EgressPolicy;
  /** For resolving, connecting and the TLS handshake, where the request's deadline is not earlier, in ms. Default 5000. */
  readonly connectTimeoutMs?: number;
  /**
   * Sockets to one origin at once, for each connect timeout in use; more requests wait, inside their deadline. Several apps may share an
   * origin. n requests under way use at most 2n sockets: undici needs a turn of the event loop before a socket is free again. Default 256.
   */
  readonly connectionsPerOrigin?: number;
  /** Origins with open connections at once; past it the oldest idle one is closed. Default 2000. */
  readonly maxOrigins?: number;
  /** Replaces the public certificate authorities (PEM texts), for endpoints of a private network. */
  readonly certificateAuthorities?: readonly string[];
  /** Replaces the hosts file and DNS. Its answers are judged like any other. */
  readonly resolveHost?: ResolveHost;
}

/**
 * Sends webhooks to addresses that partners chose, and treats both the address and the answer as hostile: the URL is judged by its text,
 * every address when connecting; redirects are not followed; one deadline covers everything; headers and body are bounded and the body is
 * never decompressed; certificates are always verified; a connection that misbehaved carries no other request.
 */
export class EgressClient {
  readonly #targets: Targets;
  readonly #pools: OriginPools;
  readonly #connectTimeoutMs: number;

  constructor(options: EgressClientOptions) {
    const { policy, connectTimeoutMs = 5000, connectionsPerOrigin = 256, maxOrigins = 2000, certificateAuthorities, resolveHost } = options;
    this.#connectTimeoutMs = connectTimeoutMs;
    const connecting = { policy, certificateAuthorities, resolveHost: resolveHost ?? systemResolveHost(), sessions: new TlsSessions() };
    this.#targets = new Targets(policy);
    this.#pools = new OriginPools({
      connectionsPerOrigin,
      maxOrigins,
      connectorWithin: (timeoutMs) => judgedConnector({ ...connecting, connectTimeoutMs: timeoutMs }),
    });
  }

  /** How many origins have connections or requests now. */
  get originCount(): number {
    return this.#pools.size;
  }

  /** One POST. Never rejects: whatever happens is a result, at the latest when `timeoutMs` is over. */
  send({ url, headers, body, timeoutMs }: SendRequest): Promise<SendResult> {
    const target = this.#targets.targetOf(url);
    if (!target.ok) return Promise.resolve({ kind: 'error', ...target.failure, durationMs: 0 });

    const pool = this.#pools.poolOf(target.origin, Math.min(this.#connectTimeoutMs, timeoutMs));
    return new Promise((resolve) => {
      // False only means that the pool is full and the request waits.
      pool.dispatch({ method: 'POST', path: target.path, headers, body }, new Exchange(timeoutMs, resolve));
    });
  }

  /** Waits for requests under way, then closes every connection. */
  async close(): Promise<void> {
    await this.#pools.close();
  }
}
