import kafkajs, { Kafka, logLevel } from 'kafkajs';
import { nowMs } from '../../clock.ts';
import { toMessage } from '../../load/cloud-event.ts';
import { EVENT_TYPE } from '../../system/provisioning.ts';
import { atMost, holds, none, note } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { longest } from '../judge/retries.ts';
import type { Period } from '../judge/timing.ts';
import { DeadLetterTap } from '../stage/dead-letter-tap.ts';
import { exitsOf } from '../stage/exits.ts';
import { putGzipBomb } from '../stage/gzip-bomb-batch.ts';
import { withAdmin } from '../stage/kafka-admin.ts';
import { TOPIC } from '../stage/load.ts';
import type { Scene } from '../stage/scene.ts';
import { until } from '../stage/until.ts';
import { UsageWatch } from '../stage/usage-watch.ts';

// A CommonJS module, of which Node's own loader sees some names only.
const { ConfigResourceTypes } = kafkajs;
const MIB = 1_048_576;
const LARGE_MIB = 10;
const BOMB_MIB = 1024;
const DEAD_MS = 60_000;

export const q2: Row = {
  id: 'Q2',
  fault: '10 MB message (broker limit raised) and a 1 MB batch that unpacks to 1 GB',
  criterion: 'dead-lettered by reference or cut; RSS ≤ +150 MB; partition moves ≤ 5 s',
  async run(stage) {
    const scene = await stage.open({ apps: 5 });
    const { system } = scene;
    await raiseLimit(system.kafkaBrokers);
    const tap = stage.with(await DeadLetterTap.start(system.kafkaBrokers, [`${TOPIC}.dead`]));
    // Half of the load goes to the partition of the bad ones.
    const merchants = scene.load.merchants.slice(0, 2);
    const [merchant = ''] = merchants;
    scene.load.begin({ merchants });
    const calm = { ingest: new UsageWatch(system.pids(), 'ingest'), delivery: new UsageWatch(system.pids(), 'delivery') };
    const calmPeriod = await scene.goOn(stage.pick({ full: 20_000, short: 10_000 }));
    const before = { ingest: calm.ingest.end().peakRssMb, delivery: calm.delivery.end().peakRssMb };

    const watch = { ingest: new UsageWatch(system.pids(), 'ingest'), delivery: new UsageWatch(system.pids(), 'delivery') };
    stage.say('a message of 10 MB');
    const large = await meanwhile(scene, () => putLarge(system.kafkaBrokers, merchant));
    await until(() => Promise.resolve(tap.letters.length >= 1), DEAD_MS);
    stage.say('a batch that unpacks to 1 GB');
    const bomb = await meanwhile(scene, () => putGzipBomb(system.kafkaBrokers, { topic: TOPIC, key: merchant, mebibytes: BOMB_MIB }));
    await until(() => Promise.resolve(tap.letters.length >= 2), DEAD_MS);
    const after = { ingest: watch.ingest.end().peakRssMb, delivery: watch.delivery.end().peakRssMb };
    await scene.settle({ withinMs: 60_000 });

    const { lost, dup } = await scene.verdict();
    const places = tap.letters.map(({ headers }) => `${headers['dead_reason'] ?? ''} at ${headers['dead_offset'] ?? ''}`);
    const largest = Math.max(...tap.letters.map(({ value }) => value?.length ?? 0));
    return [
      holds('both dead-lettered', tap.letters.length === 2, `${tap.letters.length}: ${places.join(', ')}`),
      holds('cut', largest <= 65_536, `${largest} bytes`),
      atMost('RSS of ingest', after.ingest - before.ingest, 150, 'MB'),
      atMost('RSS of delivery', after.delivery - before.delivery, 150, 'MB'),
      atMost('longest wait behind the large one', longest(await scene.latencies(large)) / 1000, 5, 's'),
      atMost('longest wait behind the bomb', longest(await scene.latencies(bomb)) / 1000, 5, 's'),
      note('before', longest(await scene.latencies(calmPeriod)) / 1000, 's'),
      none('good lost', lost),
      none('dup', dup),
      none('restarts', exitsOf(system)),
      note('they are', places.join(', ')),
    ];
  },
};

async function raiseLimit(brokers: readonly string[]): Promise<void> {
  await withAdmin(brokers, async (admin) => {
    const configEntries = [{ name: 'max.message.bytes', value: String(2 * LARGE_MIB * MIB) }];
    await admin.alterConfigs({ validateOnly: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: TOPIC, configEntries }] });
  });
}

async function putLarge(brokers: readonly string[], merchant: string): Promise<void> {
  const producer = new Kafka({ clientId: 'careless-service', brokers: [...brokers], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  await producer.send({
    topic: TOPIC,
    messages: [toMessage({ id: 'large', type: EVENT_TYPE, merchant, bodyBytes: LARGE_MIB * MIB })],
    acks: -1,
  });
  await producer.disconnect();
}

/** The time from a little before something is published until 10 s after: its own partition gets an event every few seconds, too. */
async function meanwhile(scene: Scene, publish: () => Promise<unknown>): Promise<Period> {
  const fromMs = nowMs();
  await publish();
  const { toMs } = await scene.goOn(10_000);
  return { fromMs, toMs };
}
