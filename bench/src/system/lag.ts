import { setTimeout as delay } from 'node:timers/promises';
import { TOPICS } from '@hookwright/contracts';
import { type Admin, Kafka, logLevel } from 'kafkajs';

/** Consumer groups of what an event walks through, with the topics they read. */
const GROUPS: Readonly<Record<string, (merchantTopic: string) => string>> = {
  'hookwright.ingest': (merchantTopic) => merchantTopic,
  'hookwright.delivery': () => TOPICS.deliveries,
};
const LOOK_EVERY_MS = 100;

/** By group, the ends of its topic's partitions. */
export type Ends = Readonly<Record<string, readonly { readonly partition: number; readonly high: string; readonly low: string }[]>>;

/** Looks at how far the services are behind, as kafka-consumer-groups does. */
export class Lag {
  readonly #admin: Admin;

  private constructor(admin: Admin) {
    this.#admin = admin;
  }

  static async connect(brokers: readonly string[]): Promise<Lag> {
    const admin = new Kafka({ clientId: 'bench-lag', brokers: [...brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    return new Lag(admin);
  }

  /** Where each group's topic ends now. */
  async ends(merchantTopic: string): Promise<Ends> {
    return await byGroup(merchantTopic, (_, topic) => this.#admin.fetchTopicOffsets(topic));
  }

  /**
   * By group, messages before these ends that are not finished: an offset is committed when everything of its message is recorded.
   * Default: before the ends there are now.
   */
  async of(merchantTopic: string, ends?: Ends): Promise<Readonly<Record<string, number>>> {
    const before = ends ?? (await this.ends(merchantTopic));
    return await byGroup(merchantTopic, (group, topic) => this.#ofGroup(group, topic, before[group] ?? []));
  }

  /** Resolves when everything that was published is recorded and committed. Rejects, with who is behind, when the time is up. */
  async gone(merchantTopic: string, timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const lags = Object.entries(await this.of(merchantTopic)).filter(([, lag]) => lag > 0);
      if (lags.length === 0) return;
      if (Date.now() > deadline) {
        const behind = lags.map(([group, lag]) => `${group} by ${lag} messages`);
        throw new Error(`after ${timeoutMs / 1000} s these are behind: ${behind.join(', ')}`);
      }
      await delay(LOOK_EVERY_MS);
    }
  }

  async stop(): Promise<void> {
    await this.#admin.disconnect();
  }

  async #ofGroup(groupId: string, topic: string, ends: Ends[string]): Promise<number> {
    const [committed] = await this.#admin.fetchOffsets({ groupId, topics: [topic] });
    const offsets = new Map(committed?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
    // Nothing committed yet is told as -1: then everything from the partition's beginning is behind.
    const behind = ends.map(({ partition, high, low }) => Math.max(0, Number(high) - Math.max(Number(low), offsets.get(partition) ?? -1)));
    return behind.reduce((sum, lag) => sum + lag, 0);
  }
}

async function byGroup<Found>(
  merchantTopic: string,
  look: (group: string, topic: string) => Promise<Found>,
): Promise<Readonly<Record<string, Found>>> {
  const found = Object.entries(GROUPS).map(async ([group, topicOf]) => [group, await look(group, topicOf(merchantTopic))] as const);
  return Object.fromEntries(await Promise.all(found));
}
