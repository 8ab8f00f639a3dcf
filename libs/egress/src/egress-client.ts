import tls from 'node:tls';
import { Connections } from './connections.ts';
import { directConnect } from './direct-connect.ts';
import type { EgressProxy } from './egress-proxy.ts';
import { Exchange } from './exchange.ts';
import { systemResolveHost, type ResolveHost } from './host-addresses.ts';
import type { ProxyFailed } from './proxy-failed.ts';
import type { EgressPolicy } from './policy.ts';
import type { SendRequest, SendResult } from './send-result.ts';
import { ProxyHealth } from './proxy-health.ts';
import { Targets } from './targets.ts';
import { TlsSessions } from './tls-sessions.ts';
import { tunnelConnect } from './tunnel-connect.ts';

export interface EgressClientOptions {
  readonly policy: EgressPolicy;
  /** Every request goes through it. */
  readonly proxy?: EgressProxy | undefined;
  /** For resolving, connecting and the TLS handshake, where the request's deadline is not earlier, in ms. Default 5000. */
  readonly connectTimeoutMs?: number;
  /** Connections that are kept for a next request at once; past it a connection is closed after its answer. Default 2000. */
  readonly maxIdleConnections?: number;
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
  readonly #connections: Connections;
  readonly #proxyHealth = new ProxyHealth();

  constructor(options: EgressClientOptions) {
    const { policy, proxy, connectTimeoutMs = 5000, maxIdleConnections = 2000, certificateAuthorities, resolveHost } = options;
    const secureContext = tls.createSecureContext(certificateAuthorities === undefined ? {} : { ca: [...certificateAuthorities] });
    const connecting = { policy, secureContext, resolveHost: resolveHost ?? systemResolveHost(), sessions: new TlsSessions() };
    const onProxy = (failure: ProxyFailed | undefined): void => this.#proxyHealth.tell(failure);
    const connect = proxy === undefined ? directConnect(connecting) : tunnelConnect({ ...connecting, proxy, onProxy });
    this.#targets = new Targets(policy);
    this.#connections = new Connections({ connect, connectTimeoutMs, maxIdle: maxIdleConnections });
  }

  /** How many origins have connections now. */
  get originCount(): number {
    return this.#connections.originCount;
  }

  /** How many connections are kept for a next request. */
  get idleCount(): number {
    return this.#connections.idleCount;
  }

  /** Throws why nothing can be sent, as far as is known: the egress proxy failed when it was last asked. */
  check(): void {
    this.#proxyHealth.check();
  }

  /** One POST. Never rejects: whatever happens is a result, at the latest when `timeoutMs` is over. */
  send({ url, headers, body, timeoutMs, mayBegin = always }: SendRequest): Promise<SendResult> {
    const target = this.#targets.targetOf(url);
    if (!target.ok) return Promise.resolve({ kind: 'error', ...target.failure, durationMs: 0 });

    const connection = this.#connections.take(target.origin);
    return new Promise((resolve) => {
      connection.begin(new Exchange({ connection, timeoutMs, mayBegin, resolve }), { path: target.path, headers, body, timeoutMs });
    });
  }

  /** Waits for requests under way, then closes every connection. */
  async close(): Promise<void> {
    await this.#connections.close();
  }
}

function always(): boolean {
  return true;
}
