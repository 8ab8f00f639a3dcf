import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { decrypt, encrypt } from '../encryption/aes-gcm.ts';

/** What the fakes of key management services have in common. They speak the services' wire protocols and are no proof of the services. */
export interface KmsFake {
  readonly url: string;
  /** Calls that it was asked, by name, in their order. */
  readonly calls: string[];
  /** `refusing`: as the service does when the caller may not use the key. `hanging`: takes a call and says nothing. */
  mode: 'well' | 'refusing' | 'hanging';
  /** Makes a new version of the key, which wraps from now on. */
  rotate(): void;
  stop(): Promise<void>;
}

/** A key with its versions, the first one being 1. */
export class FakeKey {
  private readonly versions = [randomBytes(32)];

  get version(): number {
    return this.versions.length;
  }

  rotate(): void {
    this.versions.push(randomBytes(32));
  }

  seal(plaintext: Buffer, aad: Buffer): Buffer {
    return encrypt({ key: this.keyOf(this.version), plaintext, aad });
  }

  /** Undefined when anything differs. */
  open(version: number, ciphertext: Buffer, aad: Buffer): Buffer | undefined {
    try {
      return decrypt({ key: this.keyOf(version), ciphertext, aad });
    } catch {
      return undefined;
    }
  }

  private keyOf(version: number): Buffer {
    const key = this.versions[version - 1];
    if (key === undefined) throw new Error('no such version');
    return key;
  }
}

export interface JsonCall {
  readonly request: IncomingMessage;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface HttpServer {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** A server of JSON on loopback; undefined: no answer at all. */
export async function startJsonServer(contentType: string, answer: (call: JsonCall) => JsonAnswer | undefined): Promise<HttpServer> {
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = JSON.parse(await text(request)) as Record<string, unknown>;
    const answered = answer({ request, body });
    if (answered === undefined) return;
    response.writeHead(answered.status, { 'content-type': contentType }).end(JSON.stringify(answered.body));
  };
  const server = createServer((request, response) => void respond(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

/** A field of a JSON body that has to be base64. */
export function bytesOf(body: Readonly<Record<string, unknown>>, field: string): Buffer {
  const value = body[field];
  if (typeof value !== 'string') throw new Error(`${field} is missing`);
  return Buffer.from(value, 'base64');
}
