import { eventIdOf } from '@hookwright/contracts';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { nowMs } from '../../clock.ts';
import { EVENT_SOURCE } from '../../load/cloud-event.ts';
import { atMost, exactly, holds, none, note } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { type DeadLetter, DeadLetterTap } from '../stage/dead-letter-tap.ts';
import { HARMLESS, POISON, type PoisonKind } from '../stage/poison.ts';
import { exitsOf } from '../stage/exits.ts';
import { until } from '../stage/until.ts';

const DEAD_TOPICS = ['merchant.orders.dead', 'webhook.deliveries.dead'];
const EVENTS_PER_SECOND = 200;
const APPS = 2;
// 10 kinds of poison, 1 % of the messages in all.
const EACH = { full: 10, short: 2 };

interface Put {
  readonly kind: PoisonKind;
  /** `topic/partition/offset`. */
  readonly place: string;
  readonly merchant: string;
  readonly id: string;
  readonly atMs: number;
}

export const q1: Row = {
  id: 'Q1',
  fault:
    '1 % poison in 10 000 merchant messages: bad protobuf, bad JSON, invalid UTF-8, 100 000-deep JSON, __proto__ keys, tombstone, no key, unknown merchant, unknown type, schema version 999, missing field, year-9999 date',
  criterion:
    'good ones: lost 0; dead-letter topic holds exactly the 100 (±0 lost, ≤ 1 repeat each) ≤ 30 s with reason, topic, partition, offset; lag from poison ≤ 5 s; restarts 0',
  async run(stage) {
    const scene = await stage.open({ apps: APPS });
    const { kafkaBrokers } = scene.system;
    const tap = stage.with(await DeadLetterTap.start(kafkaBrokers, DEAD_TOPICS));
    const producer = new Kafka({ clientId: 'careless-service', brokers: [...kafkaBrokers], logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    stage.with({ stop: () => producer.disconnect() });

    const exitsBefore = exitsOf(scene.system);
    const { merchants } = scene.load;
    scene.load.begin({ pairsPerSecond: EVENTS_PER_SECOND * APPS });
    const kinds = Array.from({ length: stage.pick(EACH) }, () => [...POISON, ...HARMLESS]).flat();
    // As long as the good ones take: 99 of a hundred messages.
    const pauseMs = (1000 * 99 * POISON.length) / (EVENTS_PER_SECOND * (POISON.length + HARMLESS.length));
    const puts: Put[] = [];
    for (const [number, kind] of kinds.entries()) {
      puts.push(await put(producer, kind, { id: `poison-${number}`, merchant: merchants[number % merchants.length] ?? '' }));
      await scene.goOn(pauseMs);
    }
    await scene.load.end();
    const poison = puts.filter(({ kind }) => kind.reason !== undefined);
    await until(() => Promise.resolve(distinct(tap.letters).size >= poison.length), 60_000);
    await scene.settle({ withinMs: 60_000 });

    scene.load.add(
      delivered(puts).map(({ id, merchant, atMs }) => ({
        webhookId: eventIdOf(EVENT_SOURCE, id),
        sentMs: atMs,
        apps: scene.load.appsOf(merchant),
      })),
    );
    const { lost, dup, unexpected, expected } = await scene.verdict();
    const waits = await scene.latencies({ fromMs: 0, toMs: nowMs() });
    return [
      none('good lost', lost),
      none('dup', dup),
      none('unexpected', unexpected),
      note('good pairs', expected),
      ...judgeLetters(tap.letters, poison),
      atMost('longest wait of a good one', waits.reduce((most, each) => Math.max(most, each), 0) / 1000, 5, 's'),
      none('restarts', exitsOf(scene.system) - exitsBefore),
    ];
  },
};

function delivered(puts: readonly Put[]): readonly Put[] {
  return puts.filter(({ kind }) => kind.name === '__proto__ keys');
}

async function put(producer: Producer, kind: PoisonKind, { id, merchant }: { id: string; merchant: string }): Promise<Put> {
  const [meta] = await producer.send({ topic: kind.topic, messages: [kind.make(id, merchant)], acks: -1 });
  return { kind, id, merchant, atMs: nowMs(), place: `${kind.topic}/${meta?.partition ?? ''}/${meta?.baseOffset ?? ''}` };
}

function placeOf({ headers }: DeadLetter): string {
  return `${headers['dead_topic'] ?? ''}/${headers['dead_partition'] ?? ''}/${headers['dead_offset'] ?? ''}`;
}

function distinct(letters: readonly DeadLetter[]): ReadonlySet<string> {
  return new Set(letters.map(placeOf));
}

function judgeLetters(letters: readonly DeadLetter[], poison: readonly Put[]): ReturnType<typeof none>[] {
  const found = new Map<string, DeadLetter[]>();
  for (const letter of letters) found.set(placeOf(letter), [...(found.get(placeOf(letter)) ?? []), letter]);
  const wanted = new Map(poison.map((one) => [one.place, one]));
  const missing = poison.filter(({ place }) => !found.has(place));
  const wrong = poison.filter(({ place, kind }) => found.get(place)?.some(({ headers }) => headers['dead_reason'] !== kind.reason));
  const waits = poison.flatMap(({ place, atMs }) => (found.get(place) ?? []).slice(0, 1).map((letter) => (letter.atMs - atMs) / 1000));
  return [
    exactly('dead letters', distinct(letters).size, poison.length),
    none('missing', missing.length),
    none('not poison', [...found.keys()].filter((place) => !wanted.has(place)).length),
    atMost('most repeats of one', Math.max(0, ...[...found.values()].map((each) => each.length - 1)), 1),
    atMost('slowest', Math.max(...waits), 30, 's'),
    holds('right reasons', wrong.length === 0, [...new Set(wrong.map(({ kind }) => kind.name))].join(', ')),
  ];
}
