import { setTimeout as delay } from 'node:timers/promises';
import { nowMs } from '../../clock.ts';
import { type Hostile, startHostile } from '../../hostile/start-hostile.ts';
import { Publisher, type PublishedEvent } from '../../load/publisher.ts';
import { EVENT_TYPE, provision } from '../../system/provisioning.ts';
import { settled } from '../../system/settled.ts';
import { type Check, none } from '../judge/checks.ts';
import type { AcceptedEvent } from '../judge/pairs.ts';
import { DeliveryRecords, type RecordedAttempt } from './delivery-records.ts';
import { TOPIC } from './load.ts';
import type { Scene, SceneOptions } from './scene.ts';
import type { Stage } from './stage.ts';
import { UsageWatch } from './usage-watch.ts';

/** The healthy apps of every H row (docs/faults.md, H0). */
export const HEALTHY_APPS = 20;

export interface HostileWish {
  /** Its endpoint; `hostile.url('/hang')` for one. */
  readonly url: string;
  /** Default: one of its own, so that events can be sent to it alone. */
  readonly merchants?: readonly string[];
  readonly webhook?: Readonly<Record<string, unknown>>;
}

export interface HostileApp {
  readonly id: string;
  readonly merchants: readonly string[];
}

interface Parts {
  readonly scene: Scene;
  readonly hostile: Hostile;
  readonly publisher: Publisher;
  readonly records: DeliveryRecords;
}

export interface CompanyOptions extends SceneOptions {
  /** Pauses between attempts; default: the first retry comes after the row. */
  readonly schedule?: string;
}

const LOOK_EVERY_MS = 200;
const SETTLE_MS = 60_000;
// What the broker takes in one batch (contracts, topics.ts) is a little more; a message has its headers beside its body.
const BATCH_BYTES = 500_000;
const ENVELOPE_BYTES = 1000;
// No row fails because attempts come late: how late is what some of them measure.
const ATTEMPTS_MS = 120_000;

/** A scene of healthy apps, and hostile ones beside them. */
export class HostileCompany {
  readonly scene: Scene;
  readonly hostile: Hostile;
  readonly records: DeliveryRecords;
  readonly #publisher: Publisher;
  #merchants = 0;

  private constructor({ scene, hostile, publisher, records }: Parts) {
    this.scene = scene;
    this.hostile = hostile;
    this.#publisher = publisher;
    this.records = records;
  }

  static async open(stage: Stage, options: CompanyOptions): Promise<HostileCompany> {
    const { schedule = '600', workers = 1, apps = HEALTHY_APPS, env, ...rest } = options;
    const hostile = stage.with(await startHostile());
    // Without its authority an expired certificate would fail for its unknown issuer.
    const settings = { NODE_EXTRA_CA_CERTS: hostile.authorityFile, RETRY_SCHEDULE_SECONDS: schedule };
    const scene = await stage.open({ workers, apps, ...rest, env: { ...env, delivery: { ...settings, ...env?.delivery } } });
    const publisher = stage.with(await Publisher.start(scene.system.kafkaBrokers));
    const records = stage.with(new DeliveryRecords(scene.system.databaseUrl('delivery')));
    return new HostileCompany({ scene, hostile, publisher, records });
  }

  /** Apps with hostile endpoints; in effect when it resolves. */
  async add(wishes: readonly HostileWish[]): Promise<readonly HostileApp[]> {
    const apps = wishes.map(({ merchants = [this.#newMerchant()], ...wish }) => ({ ...wish, merchants }));
    const made = await provision({ apiUrl: this.scene.system.apiUrl, apps });
    await settled();
    return made.map(({ id, merchants }) => ({ id, merchants }));
  }

  /** Publishes `count` events to the merchants of the apps, and waits until they are accepted. */
  async send(apps: readonly HostileApp[], count: number, bodyBytes = 1024): Promise<readonly PublishedEvent[]> {
    const merchants = [...new Set(apps.flatMap((app) => app.merchants))];
    const messages = Math.max(1, Math.floor(BATCH_BYTES / (bodyBytes + ENVELOPE_BYTES)));
    return await this.#publisher.burst({ topic: TOPIC, type: EVENT_TYPE, merchants, count, bodyBytes, messages, requests: 4 });
  }

  /** Publishes evenly; see Publisher.stream. */
  stream(apps: readonly HostileApp[], { count, perSecond }: { count: number; perSecond: number }): Promise<readonly PublishedEvent[]> {
    const merchants = [...new Set(apps.flatMap((app) => app.merchants))];
    return this.#publisher.stream({ topic: TOPIC, type: EVENT_TYPE, merchants, count, perSecond });
  }

  /** Ends a stream early. */
  async stopStream(): Promise<void> {
    await this.#publisher.stopPublishing();
  }

  /** The apps' attempts once there are so many, or the time is up. */
  async untilAttempts(apps: readonly HostileApp[], count: number, withinMs = ATTEMPTS_MS): Promise<readonly RecordedAttempt[]> {
    const ids = apps.map(({ id }) => id);
    const deadline = nowMs() + withinMs;
    for (;;) {
      const attempts = await this.records.attempts(...ids);
      if (attempts.length >= count || nowMs() > deadline) return attempts;
      await delay(LOOK_EVERY_MS);
    }
  }

  /** Memory and CPU time of the delivery workers from now on. */
  watchWorkers(): UsageWatch {
    return new UsageWatch(this.scene.system.pids(), 'delivery');
  }

  /** How often a service ended since it was started; the rows that kill nothing want 0. */
  get restarts(): number {
    const { system } = this.scene;
    return system.replicaNames.reduce((sum, name) => sum + system.service(name).exits.length, 0);
  }

  #newMerchant(): string {
    return `mer_hostile_${++this.#merchants}`;
  }
}

/**
 * An H row: hostile apps beside healthy ones that get 200 pairs a second all the time. Its own checks, and what must hold for the others
 * whatever the hostile ones do; their latencies are row H0's.
 */
export async function besideHealthy(
  stage: Stage,
  options: CompanyOptions,
  act: (company: HostileCompany) => Promise<readonly Check[]>,
): Promise<readonly Check[]> {
  const company = await HostileCompany.open(stage, options);
  const { scene } = company;
  scene.load.begin();
  const checks = await act(company);
  await scene.settle({ withinMs: SETTLE_MS });
  const { lost, dup } = await scene.verdict();
  return [...checks, none('healthy lost', lost), none('healthy dup', dup), none('restarts', company.restarts)];
}

/** Events as accepted ones with the apps that must get them. */
export function acceptedBy(events: readonly PublishedEvent[], apps: readonly HostileApp[]): readonly AcceptedEvent[] {
  return events.map(({ webhookId, merchant, sentMs }) => ({
    webhookId,
    sentMs,
    apps: apps.filter(({ merchants }) => merchants.includes(merchant)).map(({ id }) => id),
  }));
}
