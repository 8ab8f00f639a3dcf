import type { Socket } from 'node:net';
import { BlockedTarget, ConnectTimeout } from './connect.ts';
import { ProxyFailed } from './proxy-failed.ts';

/** The proxy works, but did not reach the endpoint. */
export class TunnelFailed extends Error {
  readonly code = 'EGRESS_TUNNEL';
}

// A proxy's own headers; more is no answer to CONNECT.
const MAX_HEAD_BYTES = 16 * 1024;

const HEAD_END = '\r\n\r\n';

const STATUS_LINE = /^HTTP\/1\.[01] (\d{3})(?: |\r\n)/;

// 405 does not know CONNECT, 408 and 429 are about us, not about the target.
const PROXY_FAULTS = new Set([405, 408, 429]);

/**
 * What the head of a proxy's answer to CONNECT means: undefined when the tunnel is open. Refusing a target is the proxy's right, with
 * whatever 4xx (Smokescreen uses 407 without a challenge); 502 and 503 are how proxies say that they could not connect.
 */
export function tunnelFailure(head: string): Error | undefined {
  const status = Number(STATUS_LINE.exec(head)?.[1] ?? 0);
  if (status >= 200 && status < 300) return undefined;
  if (status === 407 && /\r\nproxy-authenticate:/i.test(head))
    return new ProxyFailed('the egress proxy does not accept its user and password');
  if (status >= 400 && status < 500 && !PROXY_FAULTS.has(status))
    return new BlockedTarget(`the egress proxy refuses the target (${status})`);
  if (status === 502 || status === 503) return new TunnelFailed(`the egress proxy could not reach the endpoint (${status})`);
  if (status === 504) return new ConnectTimeout('the egress proxy had no connection to the endpoint in time (504)');
  return new ProxyFailed(status === 0 ? 'the egress proxy does not speak HTTP' : `the egress proxy answered ${status} to CONNECT`);
}

/** The proxy said nothing to a CONNECT in time. */
export class ProxySilent extends ProxyFailed {}

/** The head of the answer on a socket; what follows it stays unread. Rejects with a ProxyFailed, after `timeoutMs` with a ProxySilent. */
export function answerHead(socket: Socket, timeoutMs: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timer = setTimeout(() => reject(new ProxySilent('the egress proxy did not answer in time')), timeoutMs);
  const gone = (): void => reject(new ProxyFailed('the egress proxy closed the connection'));
  let bytes = Buffer.alloc(0);
  const read = (): void => {
    for (let chunk: unknown; (chunk = socket.read()) !== null;) if (Buffer.isBuffer(chunk)) bytes = Buffer.concat([bytes, chunk]);
    const end = bytes.indexOf(HEAD_END);
    if (end === -1) {
      if (bytes.length > MAX_HEAD_BYTES) reject(new ProxyFailed('the egress proxy does not speak HTTP'));
      return;
    }
    socket.off('readable', read);
    if (bytes.length > end + HEAD_END.length) socket.unshift(bytes.subarray(end + HEAD_END.length));
    resolve(bytes.toString('latin1', 0, end + HEAD_END.length));
  };
  socket.on('readable', read).on('end', gone).on('close', gone);
  return promise.finally(() => {
    clearTimeout(timer);
    socket.off('readable', read).off('end', gone).off('close', gone);
  });
}
