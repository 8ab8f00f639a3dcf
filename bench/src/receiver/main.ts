/**
 * The receiver's process: every endpoint of every app. As light as it can be, because it shares the two cores with what is measured.
 * It listens on all addresses, so that each app can have an origin of its own in 127.0.0.0/8, and hangs up on everybody from elsewhere.
 */
import http from 'node:http';
import net from 'node:net';
import { serveParent } from '../child/serve-parent.ts';
import { nowMs } from '../clock.ts';
import type { Behaviour, ReceiverApi, Sample } from './receiver-api.ts';
import { RequestColumns } from './request-columns.ts';
import { headerOf, headersOf, type RawRequest, RequestReader } from './request-reader.ts';

const MAX_SAMPLES = 50_000;
const ALL = '*';
const OK = answerOf({});

interface Known {
  readonly status: number;
  readonly delayMs: number;
  readonly bytes: Buffer;
}

const behaviours = new Map<string, Known>([[ALL, OK]]);
let sampleEvery = 0;
let labelled = false;
let columns = new RequestColumns();
let samples: Sample[] = [];
let connections = 0;
let faults = 0;

function answerOf({ status = 200, delayMs = 0, headers = {} }: Behaviour): Known {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? 'Unknown'}\r\ncontent-length: 0\r\n`;
  return { status, delayMs, bytes: Buffer.from(`${head}${lines.join('')}\r\n`, 'latin1') };
}

function take(socket: net.Socket, request: RawRequest): void {
  const { path, head } = request;
  const atMs = nowMs();
  const index = columns.add({
    path,
    appId: headerOf(head, 'webhook-app-id') ?? '',
    webhookId: headerOf(head, 'webhook-id') ?? '',
    attempt: Number(headerOf(head, 'webhook-attempt') ?? 0),
    atMs,
    ...(labelled ? { type: headerOf(head, 'webhook-event-type'), merchant: headerOf(head, 'webhook-merchant-id') } : {}),
  });
  if (sampleEvery > 0 && index % sampleEvery === 0 && samples.length < MAX_SAMPLES) {
    samples.push({ path, atMs, headers: headersOf(head), body: Buffer.from(request.body) });
  }
  const known = behaviours.get(path) ?? behaviours.get(ALL) ?? OK;
  if (known.delayMs === 0) answer(socket, columns, index, known);
  else setTimeout(answer, known.delayMs, socket, columns, index, known);
}

function answer(socket: net.Socket, of: RequestColumns, index: number, { status, bytes }: Known): void {
  if (!socket.writable) return;
  socket.write(bytes);
  of.answered(index, status, nowMs());
}

const server = net.createServer({ noDelay: true }, (socket) => {
  if (socket.remoteAddress?.replace('::ffff:', '').startsWith('127.') !== true) {
    socket.destroy();
    return;
  }
  connections++;
  const reader = new RequestReader();
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const request of reader.push(chunk)) take(socket, request);
    } catch {
      faults++;
      socket.destroy();
    }
  });
  socket.on('error', () => undefined);
  socket.on('close', () => connections--);
});

function counts(): ReturnType<ReceiverApi['counts']> {
  return { requests: columns.size, pairs: columns.pairs, connections, lastAtMs: columns.lastAtMs, faults };
}

serveParent<ReceiverApi>({
  listen: async (settings) => {
    ({ sampleEvery, labelled } = settings);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port: 0, host: '0.0.0.0', backlog: 4096 }, resolve);
    });
    return (server.address() as net.AddressInfo).port;
  },
  behave: ({ path, behaviour }) => {
    behaviours.set(path, answerOf(behaviour));
  },
  clear: () => {
    columns = new RequestColumns();
    samples = [];
    faults = 0;
  },
  counts,
  waitForPairs: async ({ pairs, timeoutMs }) => {
    await columns.whenPairs(pairs, timeoutMs);
    return counts();
  },
  log: ({ from, count }) => columns.slice(from, count),
  samples: ({ from, count }) => samples.slice(from, from + count),
});
