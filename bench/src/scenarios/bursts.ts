import { EVENT_TYPE, type ProvisionedApp } from '../system/provisioning.ts';
import { addUp, type Load, measure, type Measurement, ORDERS } from './measure.ts';
import type { Setting } from './setting.ts';
import { writeBack } from './write-back.ts';

export interface BurstWish {
  readonly events: number;
  /** The apps that get them: each of the events' merchants has installed all or one of them. */
  readonly apps: readonly ProvisionedApp[];
  readonly merchants: readonly string[];
  /** Deliveries that makes. */
  readonly pairs: number;
}

// What a service with an outbox does; an event in each request would measure the producer.
const PRODUCER = { messages: 50, requests: 4 };
const TIMEOUT_MS = 60_000;
// Services and connections are warm after three bursts, the broker after twenty: until then its JIT makes an event cost up to three times as much.
const WARM_UPS = 20;

/** As many events as fast as the broker takes them. */
export function burstOf({ events, apps, merchants, pairs }: BurstWish): Load {
  const wish = { topic: ORDERS, type: EVENT_TYPE, merchants, count: events, ...PRODUCER };
  return { publish: (publisher) => publisher.burst(wish), apps, pairs, timeoutMs: TIMEOUT_MS };
}

/** Bursts until nothing gets cheaper any more; what they left for the stores to write is written. */
export async function warmUp(setting: Setting, load: Load, note: (text: string) => void): Promise<void> {
  note('warming up');
  await measureBursts(setting, load, WARM_UPS);
  await writeBack(setting.system.stores.postgresUrl);
}

/** Closed loop: the next burst begins when all of the one before has arrived and is recorded. */
export async function measureBursts(setting: Setting, load: Load, count: number): Promise<Measurement> {
  const bursts: Measurement[] = [];
  while (bursts.length < count) bursts.push(await measure(setting, load));
  return addUp(bursts);
}
