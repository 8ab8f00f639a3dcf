/**
 * The bare loop's process: what any sender of signed webhooks on Node has to do at least, and nothing else. Each request has an id of
 * its own, an HMAC over it and the body, and the headers Standard Webhooks asks for; undici's Pool.request is used as its documentation shows it.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { Pool } from 'undici';
import { serveParent } from '../child/serve-parent.ts';
import { orderOf } from '../load/cloud-event.ts';
import type { BareLoopApi, BareLoopResult, BareLoopWish } from './bare-loop-api.ts';

const MICROSECONDS = 1e6;
const key = randomBytes(32);

async function run({ url, requests, bodyBytes, concurrency }: BareLoopWish): Promise<BareLoopResult> {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections: concurrency });
  const body = Buffer.from(orderOf('1', bodyBytes));
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  let next = 0;
  let failed = 0;
  const lane = async (): Promise<void> => {
    while (next < requests) if (!(await post(pool, pathname, `evt_${next++}`, body))) failed++;
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  const elapsedMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(cpuBefore);
  await pool.close();
  return { cpuSeconds: (user + system) / MICROSECONDS, elapsedMs, failed };
}

async function post(pool: Pool, path: string, id: string, body: Buffer): Promise<boolean> {
  const timestamp = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  const { statusCode, body: answer } = await pool.request({
    method: 'POST',
    path,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Bare/1',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': `v1,${signature}`,
    },
    body,
  });
  await answer.dump();
  return statusCode === 200;
}

serveParent<BareLoopApi>({ run });
