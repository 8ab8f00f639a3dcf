import { isIP, type LookupFunction, type Socket } from 'node:net';
import tls from 'node:tls';
import type { buildConnector } from 'undici';
import type { TlsSessions } from './tls-sessions.ts';

export interface TlsOptions {
  readonly sessions: TlsSessions;
  /** Who is trusted. One for all: a connection that makes its own costs 19 KB and a fifth of CPU more. */
  readonly secureContext: tls.SecureContext;
}

/** What TLS goes over: a tunnel that is open, or a socket of its own to what the lookup gives. */
export type Transport = { readonly socket: Socket } | { readonly lookup: LookupFunction };

/** Begins TLS with a target. The certificate must be the target's, whatever lies in between. */
export function connectTls(target: buildConnector.Options, transport: Transport, { sessions, secureContext }: TlsOptions): Socket {
  const { host, port } = addressOf(target);
  // An address is no server name (RFC 6066, 3); its certificate is compared with `host`.
  const servername = isIP(host) === 0 ? host : undefined;
  const key = `${host}:${port}`;
  const socket = tls.connect({
    host,
    port,
    ...transport,
    secureContext,
    ALPNProtocols: ['http/1.1'],
    // Explicit: NODE_TLS_REJECT_UNAUTHORIZED=0 must not reach deliveries.
    rejectUnauthorized: true,
    ...(servername === undefined ? {} : { servername }),
    ...sessions.optionFor(key),
  });
  return socket.on('session', (session) => sessions.keep(key, session));
}

/** Host, an address without brackets, and port of what undici wants to be connected to. */
export function addressOf({ hostname, port, protocol }: buildConnector.Options): { host: string; port: number } {
  const defaultPort = protocol === 'https:' ? 443 : 80;
  return { host: hostname, port: port === '' ? defaultPort : Number(port) };
}
