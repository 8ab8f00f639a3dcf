import path from 'node:path';
import { Child } from '../child/child.ts';
import type { Receiver } from '../receiver/receiver.ts';
import type { BareLoopApi } from './bare-loop-api.ts';

export interface BareLoopFigures {
  readonly perCpuSecond: number;
  readonly perSecond: number;
}

// What the worker sends for an event of 1 KB: the event's own bytes with the envelope around them (api.md).
const BODY_BYTES = 1453;
const CONCURRENCY = 50;
const WARM_UP_REQUESTS = 10_000;
const REQUESTS = 20_000;
/** Endpoints' numbers are far below. */
const ENDPOINT = 60_000;

/** Deliveries per CPU-second of a loop that only signs and sends, to the same receiver, on the machine as it is now. */
export async function measureBareLoop(receiver: Receiver): Promise<BareLoopFigures> {
  const child = new Child<BareLoopApi>('bare-loop', path.join(import.meta.dirname, 'main.ts'));
  try {
    const wish = { url: receiver.urlOf(ENDPOINT), bodyBytes: BODY_BYTES, concurrency: CONCURRENCY };
    await child.call('run', { ...wish, requests: WARM_UP_REQUESTS });
    const { cpuSeconds, elapsedMs, failed } = await child.call('run', { ...wish, requests: REQUESTS });
    if (failed > 0) throw new Error(`${failed} requests of the bare loop failed`);
    return { perCpuSecond: REQUESTS / cpuSeconds, perSecond: (REQUESTS * 1000) / elapsedMs };
  } finally {
    await child.stop();
    await receiver.clear();
  }
}
