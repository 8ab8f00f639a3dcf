import { createPublicKey, verify } from 'node:crypto';
import { type IncomingHttpHeaders, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '@hookwright/testkit';
import { Webhook } from 'standardwebhooks';

// Far beyond what it takes: a test says whether a request comes, bench/ says how fast.
const ARRIVAL_MS = 60_000;

/** One request that arrived, as it came. */
export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly arrivedAtMs: number;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** The answer is held back until it resolves. */
  readonly after?: Promise<unknown>;
}

/** An app's endpoint: keeps every request, answers 200 or what a path was told to answer. Each app takes a path of its own. */
export class Receiver {
  private readonly requests: ReceivedRequest[] = [];
  private readonly answers = new Map<string, (request: ReceivedRequest, number: number) => Answer>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Receiver> {
    const server = createServer();
    const receiver = new Receiver(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const received = {
          path: request.url ?? '',
          headers: request.headers,
          body: Buffer.concat(chunks).toString(),
          arrivedAtMs: Date.now(),
        };
        receiver.requests.push(received);
        const number = receiver.at(received.path).length;
        const { status, headers, body, after } = receiver.answers.get(received.path)?.(received, number) ?? { status: 200 };
        void Promise.resolve(after).then(() => response.writeHead(status, headers).end(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${path}`;
  }

  /** Says what the path answers; `number` counts its requests from 1. */
  answer(path: string, answer: (request: ReceivedRequest, number: number) => Answer): void {
    this.answers.set(path, answer);
  }

  /** What arrived at the path, in order; `type` narrows it to one event type. */
  at(path: string, type?: string): ReceivedRequest[] {
    return this.requests.filter(
      (request) => request.path === path && (type === undefined || request.headers['webhook-event-type'] === type),
    );
  }

  /** Waits until so many requests of the type arrived at the path, and returns them. */
  async arrived(path: string, type: string, count = 1): Promise<[ReceivedRequest, ...ReceivedRequest[]]> {
    return await eventually(
      () => {
        const requests = this.at(path, type);
        if (requests.length < count) throw new Error(`${requests.length} of ${count} ${type} arrived at ${path}`);
        return requests as [ReceivedRequest, ...ReceivedRequest[]];
      },
      { timeoutMs: ARRIVAL_MS },
    );
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** The verified payload; throws when the reference library refuses the signature. Not our own code on purpose. */
export function verified(request: ReceivedRequest, secret: string): Record<string, unknown> {
  return new Webhook(secret).verify(request.body, request.headers as Record<string, string>) as Record<string, unknown>;
}

/** Whether a secret's signature is among the request's. */
export function isSignedWith(request: ReceivedRequest, secret: string): boolean {
  try {
    verified(request, secret);
    return true;
  } catch {
    return false;
  }
}

/** Of a JWKS, as far as it takes to verify. */
export interface WebhookKey {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly kid: string;
}

/** Whether one of the request's `v1a` signatures is the key's. By Node's ed25519: the reference library of npm knows none. */
export function isSignedBy({ kty, crv, x }: WebhookKey, { headers, body }: ReceivedRequest): boolean {
  const key = createPublicKey({ key: { kty, crv, x }, format: 'jwk' });
  const signed = Buffer.from(`${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`);
  const signatures = String(headers['webhook-signature'])
    .split(' ')
    .map((signature) => signature.split(','));
  return signatures.some(([version, signature = '']) => version === 'v1a' && verify(null, signed, key, Buffer.from(signature, 'base64')));
}
