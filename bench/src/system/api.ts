import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';

/** A caller of the public API with one token. Rejects for an answer that is no 2xx; 503 is asked again for 30 s. */
export interface Api {
  call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<Record<string, unknown>>;
}

const PATIENCE_MS = 30_000;
const RETRY_MS = 250;

/** Connections to one gateway, shared by callers with different tokens. */
export class ApiPool {
  readonly #pool: Pool;

  constructor(apiUrl: string, connections: number) {
    this.#pool = new Pool(apiUrl, { connections });
  }

  as(token: string): Api {
    return { call: (method, path, body) => this.#call({ token, method, path, body }) };
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  async #call({ token, method, path, body }: Call): Promise<Record<string, unknown>> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const response = await this.#pool.request({
        method,
        path,
        headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.body.text();
      if (response.statusCode < 300) return (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
      if (response.statusCode !== 503 || Date.now() > deadline) {
        throw new Error(`${method} ${path} was answered ${response.statusCode}: ${text}`);
      }
      await delay(RETRY_MS);
    }
  }
}

interface Call {
  readonly token: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body: unknown;
}
