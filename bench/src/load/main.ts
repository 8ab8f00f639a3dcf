/** The publisher's process: kafkajs with acks=all, like any outside producer. */
import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { serveParent } from '../child/serve-parent.ts';
import { nowMs } from '../clock.ts';
import { AckedColumns } from './acked-columns.ts';
import { type BenchEvent, toMessage } from './cloud-event.ts';
import type { AckedEvents, Burst, EventBatch, PublisherApi, Stream } from './publisher-api.ts';

const BODY_BYTES = 1024;
const RETRY_MS = 100;
// As Java's producer by default (max.in.flight.requests.per.connection): what comes meanwhile shares the next.
const REQUESTS_AT_ONCE = 5;
const MOST_A_REQUEST = 500;
// Producers have a bound on what they buffer (Java's: 32 MB); with the broker away for long, events wait where they are made.
const MOST_WAITING = 20_000;

interface SentEvent extends BenchEvent {
  /** When it was handed to the producer. */
  readonly sentMs: number;
}

let producer: Producer | undefined;
let acked = new AckedColumns();
let run = new AbortController();
let runs = 0;
const launch = randomBytes(4).toString('hex');

async function connect({ brokers }: { readonly brokers: readonly string[] }): Promise<void> {
  const kafka = new Kafka({ clientId: 'order-service', brokers: [...brokers], logLevel: logLevel.NOTHING });
  producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
}

function begin(): (of: EventBatch, index: number) => BenchEvent {
  acked = new AckedColumns();
  run = new AbortController();
  const prefix = `${launch}-${++runs}`;
  return ({ type, merchants, bodyBytes = BODY_BYTES }, index) => ({
    id: `${prefix}-${index}`,
    type,
    merchant: merchantAt(merchants, index),
    bodyBytes,
  });
}

function merchantAt(merchants: readonly string[], index: number): string {
  const merchant = merchants[index % merchants.length];
  if (merchant === undefined) throw new Error('a load needs merchants');
  return merchant;
}

async function burst(wish: Burst): Promise<AckedEvents> {
  const eventOf = begin();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < wish.count && !run.signal.aborted) {
      const from = next;
      next = Math.min(wish.count, from + wish.messages);
      const sentMs = nowMs();
      const events = Array.from({ length: next - from }, (_, index) => ({ ...eventOf(wish, from + index), sentMs }));
      await publish(wish.topic, events, run.signal);
    }
  };
  await Promise.all(Array.from({ length: wish.requests }, lane));
  return acked.all();
}

/** Open loop: an event is due at its time whatever became of those before it. */
async function stream(wish: Stream): Promise<AckedEvents> {
  const eventOf = begin();
  const { signal } = run;
  const startMs = nowMs();
  const waiting: SentEvent[] = [];
  const requests = new Set<Promise<void>>();
  const sendAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      if (wish.lingerMs !== undefined) await delay(wish.lingerMs);
      await publish(wish.topic, waiting.splice(0, MOST_A_REQUEST), signal);
    }
  };
  for (let index = 0; index < wish.count && !signal.aborted; index++) {
    await due(startMs + (index * 1000) / wish.perSecond);
    while (waiting.length >= MOST_WAITING) await delay(RETRY_MS);
    waiting.push({ ...eventOf(wish, index), sentMs: nowMs() });
    if (requests.size >= REQUESTS_AT_ONCE) continue;
    const sending = sendAll().finally(() => requests.delete(sending));
    requests.add(sending);
  }
  await Promise.all(requests);
  return acked.all();
}

/** Resolves at that time; at once, but not before others had their turn, when it is over: whoever is late must still hear answers. */
async function due(atMs: number): Promise<void> {
  const early = atMs - nowMs();
  if (early > 0) await delay(early);
  else await nextTurn();
}

/** Sends until they are acknowledged: an outside producer does not lose its events either. */
async function publish(topic: string, events: readonly SentEvent[], signal: AbortSignal): Promise<void> {
  const columns = acked;
  const messages = events.map(toMessage);
  for (;;) {
    try {
      await producer?.send({ topic, messages, acks: -1 });
      const ackedMs = nowMs();
      for (const { id, merchant, sentMs } of events) columns.add({ id, merchant, sentMs, ackedMs });
      return;
    } catch {
      if (signal.aborted) return;
      await delay(RETRY_MS);
    }
  }
}

serveParent<PublisherApi>({
  connect,
  burst,
  stream,
  progress: () => acked.size,
  stopPublishing: () => run.abort(),
});
