import path from 'node:path';
import { eventIdOf } from '@hookwright/contracts';
import { Child } from '../child/child.ts';
import { EVENT_SOURCE } from './cloud-event.ts';
import type { AckedEvents, Burst, PublisherApi, Stream } from './publisher-api.ts';

/** An event that the broker acknowledged. */
export interface PublishedEvent {
  readonly id: string;
  /** What the receiver sees: a hash of source and id. */
  readonly webhookId: string;
  readonly merchant: string;
  /** When it was handed to the client, ms. */
  readonly sentMs: number;
  readonly ackedMs: number;
}

/** A service of the platform that publishes orders, in a process of its own. One run at a time. */
export class Publisher {
  readonly #child: Child<PublisherApi>;

  private constructor(child: Child<PublisherApi>) {
    this.#child = child;
  }

  static async start(brokers: readonly string[]): Promise<Publisher> {
    const child = new Child<PublisherApi>('publisher', path.join(import.meta.dirname, 'main.ts'));
    await child.call('connect', { brokers });
    return new Publisher(child);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** As fast as the broker acknowledges. Resolves when all are acknowledged. */
  async burst(wish: Burst): Promise<readonly PublishedEvent[]> {
    return toEvents(await this.#child.call('burst', wish));
  }

  /** At a fixed rate, whatever becomes of the events. Resolves when all are acknowledged. */
  async stream(wish: Stream): Promise<readonly PublishedEvent[]> {
    return toEvents(await this.#child.call('stream', wish));
  }

  /** How many events of the run that is on are acknowledged. */
  progress(): Promise<number> {
    return this.#child.call('progress', undefined);
  }

  /** Ends the run that is on: it resolves with what was acknowledged by then. */
  async stopPublishing(): Promise<void> {
    await this.#child.call('stopPublishing', undefined);
  }

  async stop(): Promise<void> {
    await this.#child.stop();
  }
}

function toEvents({ ids, merchants, sentMs, ackedMs }: AckedEvents): readonly PublishedEvent[] {
  return ids.map((id, index) => ({
    id,
    webhookId: eventIdOf(EVENT_SOURCE, id),
    merchant: merchants[index] ?? '',
    sentMs: sentMs[index] ?? Number.NaN,
    ackedMs: ackedMs[index] ?? Number.NaN,
  }));
}
