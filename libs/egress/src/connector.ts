import net, { isIP, type LookupFunction, type Socket } from 'node:net';
import tls from 'node:tls';
import type { buildConnector } from 'undici';
import { UnresolvedHost, type ResolveHost } from './host-addresses.ts';
import { judgeAddress } from './judge-address.ts';
import type { EgressPolicy } from './policy.ts';
import { blockedReason } from './resolve.ts';
import { TlsSessions } from './tls-sessions.ts';

/** A target whose address the policy refuses. No packet was sent to it. */
export class BlockedTarget extends Error {
  readonly code = 'EGRESS_BLOCKED';
}

/** No connection in time, DNS and the TLS handshake included. */
export class ConnectTimeout extends Error {
  readonly code = 'EGRESS_CONNECT_TIMEOUT';
}

export interface ConnectorOptions {
  readonly policy: EgressPolicy;
  readonly resolveHost: ResolveHost;
  readonly sessions: TlsSessions;
  readonly connectTimeoutMs: number;
  readonly certificateAuthorities: readonly string[] | undefined;
}

/**
 * How undici opens connections for us: the name is resolved once, all of its addresses are judged, and the socket connects to the judged
 * ones, so that a name server which changes its answer gains nothing. undici's own connector is not used because its connect timeout is
 * only good to a second and is the same for all requests.
 */
export function judgedConnector(options: ConnectorOptions): buildConnector.connector {
  const { policy, connectTimeoutMs } = options;
  const lookup = judgedLookup(options);

  return (target, callback) => {
    // net.connect() looks only names up.
    const verdict = isIP(target.hostname) === 0 ? undefined : judgeAddress(target.hostname, policy);
    if (verdict?.ok === false) {
      const error = new BlockedTarget(`the address is ${verdict.reason}`);
      // Not at once: undici is still busy with the request that asked for the connection.
      queueMicrotask(() => callback(error, null));
      return;
    }
    const secure = target.protocol === 'https:';
    const socket = secure ? connectTls(target, lookup, options) : net.connect({ ...addressOf(target, 80), lookup });
    // Outlives a peer that vanished without a word; requests have their own deadline.
    socket.setNoDelay(true).setKeepAlive(true, 60_000);
    settle(socket, secure ? 'secureConnect' : 'connect', connectTimeoutMs, callback);
  };
}

function connectTls(
  target: buildConnector.Options,
  lookup: LookupFunction,
  { sessions, certificateAuthorities }: ConnectorOptions,
): Socket {
  // An address is no server name (RFC 6066, 3); its certificate is compared with `host`.
  const servername = isIP(target.hostname) === 0 ? target.hostname : undefined;
  const address = addressOf(target, 443);
  const key = `${address.host}:${address.port}`;
  const socket = tls.connect({
    ...address,
    lookup,
    ALPNProtocols: ['http/1.1'],
    // Explicit: NODE_TLS_REJECT_UNAUTHORIZED=0 must not reach deliveries.
    rejectUnauthorized: true,
    ...(servername === undefined ? {} : { servername }),
    ...(certificateAuthorities === undefined ? {} : { ca: [...certificateAuthorities] }),
    ...sessions.optionFor(key),
  });
  return socket.on('session', (session) => sessions.keep(key, session));
}

function addressOf({ hostname, port }: buildConnector.Options, defaultPort: number): { host: string; port: number } {
  return { host: hostname, port: port === '' ? defaultPort : Number(port) };
}

function settle(socket: Socket, connected: string, timeoutMs: number, callback: buildConnector.Callback): void {
  let settled = false;
  const timer = setTimeout(() => socket.destroy(new ConnectTimeout(`no connection within ${timeoutMs} ms`)), timeoutMs);
  socket.once(connected, () => {
    clearTimeout(timer);
    settled = true;
    callback(null, socket);
  });
  // Stays for good: undici listens itself once it has the socket, but an error before that must not end the process.
  socket.on('error', (error) => {
    clearTimeout(timer);
    if (settled) return;
    settled = true;
    callback(error, null);
  });
}

/** A lookup for net.connect() that yields all addresses of a name when every one of them may be connected to, else a BlockedTarget. */
function judgedLookup({ policy, resolveHost }: ConnectorOptions): LookupFunction {
  return (name, options, callback) => {
    judgedAddresses(name, policy, resolveHost).then(
      (found) => (options.all ? callback(null, found) : callback(null, found[0].address, found[0].family)),
      (error: unknown) => callback(error instanceof Error ? error : new UnresolvedHost(String(error)), []),
    );
  };
}

interface LookupAddress {
  address: string;
  family: number;
}

async function judgedAddresses(name: string, policy: EgressPolicy, resolveHost: ResolveHost): Promise<[LookupAddress, ...LookupAddress[]]> {
  const addresses = await resolveHost(name);
  const reason = blockedReason(addresses, policy);
  if (reason !== undefined) throw new BlockedTarget(`an address of the host is ${reason}`);
  const [first, ...rest] = addresses.map((address) => ({ address, family: isIP(address) }));
  if (first === undefined) throw new UnresolvedHost('no address');
  return [first, ...rest];
}
