import { setTimeout as delay } from 'node:timers/promises';
import { StartError } from '../root.ts';

const TIMEOUT_MS = 10_000;
const PATIENCE_MS = 30_000;
const RETRY_MS = 500;

export type Call = (method: string, path: string, body?: unknown) => Promise<unknown>;

/**
 * A client of the gateway's HTTP API with one token. Resolves with the answer's JSON. 503 is asked again for 30 s: a service may
 * just be starting anew. Rejects with a StartError that tells the problem.
 */
export function gatewayApi(gatewayUrl: string, token: string): Call {
  return async (method, path, body) => {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const response = await fetch(`${gatewayUrl}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (response.ok) return text === '' ? undefined : (JSON.parse(text) as unknown);
      if (response.status !== 503 || Date.now() > deadline) {
        throw new StartError(`${method} ${path} was answered ${response.status}: ${text}`, 'See .hookwright/logs/gateway.log.');
      }
      await delay(RETRY_MS);
    }
  };
}
