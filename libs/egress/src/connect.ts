import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';

/** Opens a connection for undici, or calls back with an error when there is none after `timeoutMs`. */
export type Connect = (target: buildConnector.Options, timeoutMs: number, callback: buildConnector.Callback) => void;

/** A target whose address the policy refuses. No packet was sent to it. */
export class BlockedTarget extends Error {
  readonly code = 'EGRESS_BLOCKED';
}

/** No connection in time, DNS and the TLS handshake included. */
export class ConnectTimeout extends Error {
  readonly code = 'EGRESS_CONNECT_TIMEOUT';
}

/** What a partner is told. */
export function noConnectionWithin(timeoutMs: number): string {
  return `no connection within ${timeoutMs} ms; open the port to the internet and check that the host is up`;
}

export interface Awaited {
  readonly event: 'connect' | 'secureConnect';
  readonly timeoutMs: number;
}

/** The socket when it is connected. Rejects with its error, or with a ConnectTimeout after `timeoutMs`. */
export function connected(socket: Socket, { event, timeoutMs }: Awaited): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(new ConnectTimeout(noConnectionWithin(timeoutMs))), timeoutMs);
    socket.once(event, () => {
      clearTimeout(timer);
      resolve(socket);
    });
    // Stays for good: undici listens itself once it has the socket, but an error before that must not end the process.
    socket.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}
