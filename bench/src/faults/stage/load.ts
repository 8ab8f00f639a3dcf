import { Publisher, type PublishedEvent } from '../../load/publisher.ts';
import { EVENT_TYPE, type ProvisionedApp } from '../../system/provisioning.ts';
import type { AcceptedEvent } from '../judge/pairs.ts';

export const TOPIC = 'merchant.orders';
/** The load of every row that does not say more: docs/faults.md, "Method". */
export const PAIRS_PER_SECOND = 200;

// An hour: longer than any row. It is ended by end().
const LONGEST_S = 3600;
// A burst is to be in Kafka before the system has done much of it: large requests, four under way.
const BURST = { messages: 200, requests: 4 };

/** The driver: publishes orders of merchants, and knows of each accepted one which apps must get it. */
export class Load {
  readonly #publisher: Publisher;
  readonly #appsByMerchant: ReadonlyMap<string, readonly string[]>;
  readonly #accepted: AcceptedEvent[] = [];
  #streaming: Promise<readonly PublishedEvent[]> | undefined;

  private constructor(publisher: Publisher, apps: readonly ProvisionedApp[]) {
    this.#publisher = publisher;
    this.#appsByMerchant = appsByMerchant(apps);
  }

  static async start(brokers: readonly string[], apps: readonly ProvisionedApp[]): Promise<Load> {
    return new Load(await Publisher.start(brokers), apps);
  }

  /** Everything that was accepted so far; what is being published counts after end(). */
  get accepted(): readonly AcceptedEvent[] {
    return this.#accepted;
  }

  get merchants(): readonly string[] {
    return [...this.#appsByMerchant.keys()];
  }

  /** The apps that get an event of this merchant. */
  appsOf(merchant: string): readonly string[] {
    return this.#appsByMerchant.get(merchant) ?? [];
  }

  /** At least so many pairs as fast as the broker takes them; resolves when every event is accepted. */
  async burst({ pairs, merchants = this.merchants }: { readonly pairs: number; readonly merchants?: readonly string[] }): Promise<void> {
    const count = Math.ceil(pairs / this.#pairsPerEvent(merchants));
    this.#add(await this.#publisher.burst({ topic: TOPIC, type: EVENT_TYPE, merchants, count, ...BURST }));
  }

  /** Publishes evenly from now until end(), whatever becomes of it. */
  begin({
    pairsPerSecond = PAIRS_PER_SECOND,
    merchants = this.merchants,
  }: { readonly pairsPerSecond?: number; readonly merchants?: readonly string[] } = {}): void {
    const perSecond = pairsPerSecond / this.#pairsPerEvent(merchants);
    const count = Math.ceil(perSecond * LONGEST_S);
    this.#streaming = this.#publisher.stream({ topic: TOPIC, type: EVENT_TYPE, merchants, count, perSecond });
    // Whoever awaits end() hears of it.
    this.#streaming.catch(() => undefined);
  }

  /** Ends what begin() began, if anything. */
  async end(): Promise<void> {
    if (this.#streaming === undefined) return;
    await this.#publisher.stopPublishing();
    this.#add(await this.#streaming);
    this.#streaming = undefined;
  }

  /** Forgets what was accepted so far. */
  clear(): void {
    this.#accepted.length = 0;
  }

  /** Adds what a row published by itself. */
  add(events: readonly AcceptedEvent[]): void {
    for (const event of events) this.#accepted.push(event);
  }

  async stop(): Promise<void> {
    await this.#publisher.stop();
  }

  #add(events: readonly PublishedEvent[]): void {
    this.add(events.map(({ webhookId, merchant, sentMs }) => ({ webhookId, merchant, sentMs, apps: this.appsOf(merchant) })));
  }

  #pairsPerEvent(merchants: readonly string[]): number {
    const pairs = merchants.reduce((sum, merchant) => sum + this.appsOf(merchant).length, 0);
    // Nothing would ever reach the pairs that are wished for.
    if (pairs === 0) throw new Error(`no app has installed any of the load's merchants (${merchants.join(', ') || 'none'})`);
    return pairs / merchants.length;
  }
}

function appsByMerchant(apps: readonly ProvisionedApp[]): ReadonlyMap<string, readonly string[]> {
  const byMerchant = new Map<string, string[]>();
  for (const { id, merchants } of apps) {
    for (const merchant of merchants) byMerchant.set(merchant, [...(byMerchant.get(merchant) ?? []), id]);
  }
  return byMerchant;
}
