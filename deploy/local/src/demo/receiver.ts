/**
 * The demo's receiver: a partner's endpoint as small as it can be. It verifies with the reference library `standardwebhooks`, not
 * with our own code. POST /hooks takes a webhook, GET /received lists the last ones (?id=evt_… only that event's).
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { readDemoFile } from './demo-file.ts';
import type { ReceivedWebhook } from './received-webhook.ts';

const KEPT = 50;
const MAX_BODY_BYTES = 2 * 1024 * 1024;

const demoFile = process.env['DEMO_FILE'] ?? '';
const received: ReceivedWebhook[] = [];

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error(error);
    response.statusCode = 500;
    response.end();
  });
});
server.listen(Number(process.env['HTTP_PORT']), '127.0.0.1', () => console.log('receiver.started'));

for (const reason of ['SIGTERM', 'SIGINT', 'disconnect'] as const) {
  process.on(reason, () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://receiver');
  const route = `${request.method ?? ''} ${pathname}`;
  if (route === 'POST /hooks') {
    const webhook = verify(request, await readBody(request));
    received.push(webhook);
    if (received.length > KEPT) received.shift();
    console.log(`${webhook.receivedAt} ${webhook.headers['webhook-event-type'] ?? '?'} ${webhook.fault ?? 'verified'}`);
    response.writeHead(webhook.verified ? 204 : 401).end();
  } else if (route === 'GET /received') {
    const id = searchParams.get('id');
    const wanted = received.filter(({ headers }) => id === null || headers['webhook-id'] === id);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(wanted));
  } else if (route === 'GET /health/ready') {
    response.writeHead(200).end();
  } else {
    response.writeHead(404).end();
  }
}

function verify(request: IncomingMessage, body: string): ReceivedWebhook {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  const webhook = { receivedAt: new Date().toISOString(), headers, body };
  const secret = readDemoFile(demoFile)?.secret;
  if (secret === undefined) return { ...webhook, verified: false, fault: 'the receiver has no secret yet' };
  try {
    new Webhook(secret).verify(body, headers);
    return { ...webhook, verified: true };
  } catch (error) {
    return { ...webhook, verified: false, fault: error instanceof Error ? error.message : String(error) };
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error(`a body of more than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
