import { setTimeout as delay } from 'node:timers/promises';
import { nowMs } from '../../clock.ts';
import { type ReceivedRequest, Receiver, type ReceiverOptions } from '../../receiver/receiver.ts';
import { type AppWish, provision, type ProvisionedApp } from '../../system/provisioning.ts';
import { settled } from '../../system/settled.ts';
import type { System, SystemOptions } from '../../system/system.ts';
import { type AcceptedEvent, judgePairs, type PairVerdict } from '../judge/pairs.ts';
import { latencies, type Period } from '../judge/timing.ts';
import { type Backlog, BacklogProbe } from './backlog.ts';
import { Load } from './load.ts';
import { type Metrics, readMetrics } from './metrics.ts';
import type { Stage } from './stage.ts';
import { until } from './until.ts';
import type { StoreName } from '../../system/stores.ts';

export interface SceneOptions {
  /** Delivery workers; default 2. */
  readonly workers?: number;
  /** Apps, each with an endpoint of its own at the scene's receiver; default 10. All are installed by every merchant. */
  readonly apps?: number;
  /** Default 24: enough for every partition to have some. */
  readonly merchants?: number;
  /** Merchants are called <prefix>_0, <prefix>_1…; default mer. */
  readonly merchantPrefix?: string;
  /** Instead of apps and merchants: these, made from the receiver's addresses. */
  readonly wishes?: (receiver: Receiver) => readonly AppWish[];
  /** Further fields of every app's webhook, such as `{ max_concurrency: 50 }`. */
  readonly webhook?: AppWish['webhook'];
  /** Further environment by service. */
  readonly env?: SystemOptions['env'];
  /** What the receiver keeps of each request beyond the log. */
  readonly receiver?: ReceiverOptions;
}

export interface Settling {
  readonly withinMs: number;
}

interface Parts {
  readonly system: System;
  readonly receiver: Receiver;
  readonly apps: readonly ProvisionedApp[];
  readonly load: Load;
  readonly backlog: BacklogProbe;
}

const WARM_UP_MS = 60_000;
/** Nothing has come for so long: what a dead process left half done has been done again by then, because lag and waiting are 0 too. */
const QUIET_MS = 1000;

/** A system under load with everything that watches it. Times are Unix ms (bench/src/clock.ts). */
export class Scene {
  readonly system: System;
  readonly receiver: Receiver;
  readonly apps: readonly ProvisionedApp[];
  readonly load: Load;
  readonly #backlog: BacklogProbe;

  private constructor({ system, receiver, apps, load, backlog }: Parts) {
    this.system = system;
    this.receiver = receiver;
    this.apps = apps;
    this.load = load;
    this.#backlog = backlog;
  }

  /** Apps, receiver and publisher on a running system. Everything is registered with `ending`, so that it ends even when this fails half-way. */
  static async open(system: System, options: SceneOptions, { ending, say }: Pick<Stage, 'ending' | 'say'>): Promise<Scene> {
    const receiver = ending.with(await Receiver.start(options.receiver));
    say('provisioning');
    const apps = await provision({ apiUrl: system.apiUrl, apps: wishesOf(options, receiver) });
    await settled();
    const load = ending.with(await Load.start(system.kafkaBrokers, apps));
    const scene = new Scene({ system, receiver, apps, load, backlog: ending.with(await BacklogProbe.connect(system, apps)) });
    say('warming up');
    await scene.#warmUp();
    return scene;
  }

  /** Names of the delivery workers: delivery, delivery-2… */
  get workers(): readonly string[] {
    return this.system.replicaNames.filter((name) => name === 'delivery' || name.startsWith('delivery-'));
  }

  /** kill -9 of a service or store, with everything it started. Returns when it was dead. */
  async kill(name: string): Promise<number> {
    const store = STORES.find((each) => each === name);
    await (store === undefined ? this.system.service(name) : this.system.store(store)).kill();
    return nowMs();
  }

  /** Lets the load go on for so long. */
  async goOn(ms: number): Promise<Period> {
    const fromMs = nowMs();
    await delay(ms);
    return { fromMs, toMs: nowMs() };
  }

  /** Resolves when so many different pairs have come since the last clear(). Rejects when they have not after `withinMs`. */
  async untilArrived(pairs: number, withinMs = WARM_UP_MS): Promise<void> {
    const counts = await this.receiver.waitForPairs(pairs, withinMs);
    if (counts.pairs < pairs) throw new Error(`${counts.pairs} of ${pairs} pairs had arrived after ${withinMs / 1000} s`);
  }

  /**
   * Ends the load and resolves when the system has done everything: nothing is left in Kafka or waiting in Postgres, and nothing
   * comes any more. Returns when that was, NaN when it never was: the verdict shows what is missing.
   */
  async settle({ withinMs }: Settling): Promise<number> {
    await this.load.end();
    const tookMs = await until(() => this.#isIdle(), withinMs);
    return Number.isNaN(tookMs) ? tookMs : nowMs();
  }

  /** Resolves when no message is left in Kafka; returns when that was, NaN when it never was. */
  async untilNoLag(withinMs: number): Promise<number> {
    const tookMs = await until(async () => (await this.#backlog.lag()) === 0, withinMs);
    return Number.isNaN(tookMs) ? tookMs : nowMs();
  }

  /** The same under load that goes on: no message is left that came more than a second before. */
  async untilCaughtUp(withinMs: number): Promise<number> {
    const tookMs = await until(() => this.#backlog.hasCaughtUp(), withinMs);
    return Number.isNaN(tookMs) ? tookMs : nowMs();
  }

  /** Resolves when so many deliveries wait in Postgres. Rejects when they do not after a minute. */
  async untilWaiting(deliveries: number): Promise<void> {
    const tookMs = await until(async () => (await this.#backlog.waiting()) >= deliveries, WARM_UP_MS);
    if (Number.isNaN(tookMs)) throw new Error(`fewer than ${deliveries} deliveries wait after ${WARM_UP_MS / 1000} s`);
  }

  /** What is not done yet; undefined while a store is away. */
  async backlog(): Promise<Backlog | undefined> {
    return await this.#backlog.read().catch(() => undefined);
  }

  /** Every request so far. */
  arrivals(): Promise<readonly ReceivedRequest[]> {
    return this.receiver.log();
  }

  accepted(): readonly AcceptedEvent[] {
    return this.load.accepted;
  }

  async verdict(): Promise<PairVerdict> {
    return judgePairs(this.accepted(), await this.arrivals());
  }

  /** From sending to arrival, in ms, of what was sent in the period. */
  async latencies(period: Period, apps?: ReadonlySet<string>): Promise<number[]> {
    return latencies(this.accepted(), await this.arrivals(), period, apps);
  }

  /** A metric summed over the delivery workers; NaN when one of them has none of that name. */
  async total(metric: string): Promise<number> {
    const all = await Promise.all(this.workers.map((name) => this.metrics(name)));
    return all.reduce((sum, metrics) => sum + (metrics.get(metric) ?? Number.NaN), 0);
  }

  metrics(name: string): Promise<Metrics> {
    return readMetrics(this.system.httpUrlOf(name));
  }

  /** Forgets what was accepted and what arrived. */
  async clear(): Promise<void> {
    this.load.clear();
    await this.receiver.clear();
  }

  async #isIdle(): Promise<boolean> {
    const { requests, lastAtMs } = await this.receiver.counts();
    if (nowMs() - lastAtMs < QUIET_MS) return false;
    const { lag, waiting } = await this.#backlog.read();
    return lag === 0 && waiting === 0 && (await this.receiver.counts()).requests === requests;
  }

  /** Every merchant's event reaches every app once: tables, connections and secrets are there, and code is compiled. */
  async #warmUp(): Promise<void> {
    const { load } = this;
    const pairs = load.merchants.reduce((sum, merchant) => sum + load.appsOf(merchant).length, 0);
    await load.burst({ pairs });
    await this.untilArrived(pairs);
    await this.settle({ withinMs: WARM_UP_MS });
    await this.clear();
  }
}

const STORES: readonly StoreName[] = ['kafka', 'postgres', 'redis'];

function wishesOf(
  { apps = 10, merchants = 24, merchantPrefix = 'mer', wishes, webhook }: SceneOptions,
  receiver: Receiver,
): readonly AppWish[] {
  const names = Array.from({ length: merchants }, (_, number) => `${merchantPrefix}_${number}`);
  const all: readonly AppWish[] =
    wishes?.(receiver) ?? Array.from({ length: apps }, (_, number) => ({ url: receiver.urlOf(number), merchants: names }));
  return webhook === undefined ? all : all.map((wish) => ({ ...wish, webhook: { ...webhook, ...wish.webhook } }));
}
