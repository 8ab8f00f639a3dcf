import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect } from '@jest/globals';
import { EgressClient, parseNetwork, type EgressPolicy, type SendResult } from '../index.ts';

const LOOPBACK: EgressPolicy = { allowNetworks: ['127.0.0.0/8', '::1/128'].map(parseNetwork), allowHttp: true, allowPorts: '*' };

export const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

const open: { close: () => Promise<unknown> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

export interface Listening {
  readonly url: string;
  readonly port: number;
  /** Sockets accepted so far. */
  readonly sockets: Socket[];
  close(): Promise<void>;
}

/** Where to listen; a free port of 127.0.0.1 unless said otherwise. */
export interface Place {
  readonly port?: number;
  readonly host?: string;
}

/** Listens until the test is over. */
export async function listening(server: net.Server, { port = 0, host = '127.0.0.1' }: Place = {}): Promise<Listening> {
  const sockets: Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket.on('error', () => undefined)));
  server.listen(port, host);
  await once(server, 'listening');
  const closed = once(server, 'close');
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await closed;
  };
  open.push({ close });
  const address = server.address() as AddressInfo;
  return { url: `http://${host}:${address.port}/hook`, port: address.port, sockets, close };
}

/** A server that sees bytes: `answer` is called with each request's head and body. */
export function rawServer(answer: (socket: Socket, request: string) => void, place?: Place): Promise<Listening> {
  const server = net.createServer((socket) => {
    socket.on('data', (data) => answer(socket, data.toString('latin1')));
  });
  return listening(server, place);
}

export function httpServer(listener: http.RequestListener): Promise<Listening> {
  return listening(http.createServer(listener));
}

/** A client that may send to this machine. */
export function clientOf(options: Partial<ConstructorParameters<typeof EgressClient>[0]> = {}): EgressClient {
  const client = new EgressClient({ policy: LOOPBACK, ...options });
  open.unshift(client);
  return client;
}

export function post(client: EgressClient, url: string, timeoutMs = 3000): Promise<SendResult> {
  return client.send({
    url,
    headers: { 'content-type': 'application/json', 'webhook-id': 'evt_1' },
    body: Buffer.from('{"a":1}'),
    timeoutMs,
  });
}

/** What a failed request's result has to be, with a part of its message. */
export function error(category: string, message: string): object {
  return { kind: 'error', category, message: expect.stringContaining(message), durationMs: expect.any(Number) };
}

/** Acts again and again until the socket is closed. */
export function every(ms: number, socket: Socket, act: () => void): void {
  const timer = setInterval(act, ms);
  socket.on('close', () => clearInterval(timer));
}

/** Waits until the client has closed its end. */
export async function hungUp(socket: Socket | undefined): Promise<void> {
  if (socket === undefined) throw new Error('the client never connected');
  // Not once(): that rejects on the reset which hanging up with unread data is.
  if (!socket.destroyed) await new Promise((resolve) => socket.resume().once('close', resolve));
}

/** Waits for the condition, looking after each turn of the event loop. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
