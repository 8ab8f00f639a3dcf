import { once } from 'node:events';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import tls from 'node:tls';
import { nowMs } from '../clock.ts';
import type { BehaviourTable } from './behaviours/behaviour-table.ts';
import type { Certificate, Certificates } from './certificates.ts';
import { Connection } from './connection.ts';
import type { Journal } from './journal.ts';

/** The ports of a running hostile receiver; `control` is for the rows. */
export interface HostilePorts {
  readonly plain: number;
  readonly tlsTrusted: number;
  readonly tlsSelfSigned: number;
  readonly tlsExpired: number;
  readonly tlsWrongHost: number;
  /** Accepts TCP and never shakes hands. */
  readonly tlsHang: number;
  readonly control: number;
}

export interface ListenersOptions {
  readonly journal: Journal;
  readonly behaviours: BehaviourTable;
  readonly certificates: Certificates;
}

/** Opens every listener but the control one, on free ports of all loopback addresses: each of 127.0.0.0/8 may be an app's own origin. */
export async function openListeners(options: ListenersOptions): Promise<Omit<HostilePorts, 'control'>> {
  const { certificates } = options;
  const secure = (name: string, certificate: Certificate): Promise<number> => listen(tlsListener(name, certificate, options));
  return {
    plain: await listen(net.createServer({ noDelay: true }, talk('plain', options))),
    tlsTrusted: await secure('tlsTrusted', certificates.trusted),
    tlsSelfSigned: await secure('tlsSelfSigned', certificates.selfSigned),
    tlsExpired: await secure('tlsExpired', certificates.expired),
    tlsWrongHost: await secure('tlsWrongHost', certificates.wrongHost),
    tlsHang: await listen(net.createServer(keepSilent('tlsHang', options.journal))),
  };
}

/** Listens on a free port; resolves with it. Only this machine gets in. */
export async function listen(server: Server): Promise<number> {
  server.on('connection', (socket: Socket) => {
    if (socket.localAddress?.startsWith('127.') !== true) socket.destroy();
  });
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function talk(listener: string, { journal, behaviours }: ListenersOptions): (socket: Socket) => void {
  const behaviourOf = behaviours.behaviourOf.bind(behaviours);
  return (socket) => {
    new Connection(socket, { listener, journal, behaviourOf });
  };
}

function tlsListener(name: string, certificate: Certificate, options: ListenersOptions): Server {
  return tls.createServer({ ...certificate, ALPNProtocols: ['http/1.1'] }, talk(name, options)).on('tlsClientError', () => undefined);
}

function keepSilent(listener: string, journal: Journal): (socket: Socket) => void {
  return (socket) => {
    const openedAtMs = nowMs();
    const host = socket.localAddress ?? '';
    journal.opened(listener, socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      journal.closed(listener, host);
      journal.silent(listener, host, openedAtMs);
    });
    // Read, so that the other side's end is noticed.
    socket.resume();
  };
}
