import path from 'node:path';
import { Child } from '../child/child.ts';
import type { Behaviour, Counts, ReceiverApi, ReceiverSettings, RequestLog, Sample } from './receiver-api.ts';

// Some 200 bytes each: a message of a few MB.
const LOG_PART = 20_000;
// Some 2 KB each.
const SAMPLES_PART = 2000;

/** One request of the log. */
export interface ReceivedRequest {
  readonly path: string;
  readonly appId: string;
  readonly webhookId: string;
  readonly atMs: number;
  /** NaN: it was not answered. */
  readonly answeredMs: number;
  /** 0: it was not answered. */
  readonly status: number;
  readonly attempt: number;
  /** Event type and merchant; empty unless the receiver is `labelled`. */
  readonly type: string;
  readonly merchant: string;
}

export type ReceiverOptions = Partial<ReceiverSettings>;

/** Every endpoint of every app, in a process of its own that answers 200 at once unless told otherwise, and keeps a log of all requests. */
export class Receiver {
  readonly #child: Child<ReceiverApi>;
  readonly port: number;

  private constructor(child: Child<ReceiverApi>, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** `sampleEvery`: every how many requests one is kept whole (all of them: 1), at most 50,000; default none. `labelled`: default not. */
  static async start({ sampleEvery = 0, labelled = false }: ReceiverOptions = {}): Promise<Receiver> {
    const child = new Child<ReceiverApi>('receiver', path.join(import.meta.dirname, 'main.ts'));
    return new Receiver(child, await child.call('listen', { sampleEvery, labelled }));
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** An endpoint's address by its number, which has an origin of its own in 127.0.0.0/8, as partners' servers do. Its path is pathOf(number). */
  urlOf(number: number): string {
    const host = `127.${1 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
    return `http://${host}:${this.port}${pathOf(number)}`;
  }

  /** The same with one origin for all endpoints. */
  sharedUrlOf(number: number): string {
    return `http://127.0.0.1:${this.port}${pathOf(number)}`;
  }

  /** Changes how one endpoint answers, by its path; '*': all that have no behaviour of their own. In effect when it resolves. */
  async behave(endpointPath: string, behaviour: Behaviour): Promise<void> {
    await this.#child.call('behave', { path: endpointPath, behaviour });
  }

  /** Forgets requests and samples; behaviours stay. */
  async clear(): Promise<void> {
    await this.#child.call('clear', undefined);
  }

  counts(): Promise<Counts> {
    return this.#child.call('counts', undefined);
  }

  /** Resolves when so many different pairs of app and webhook-id have come, or the time is up: look at `pairs`. */
  waitForPairs(pairs: number, timeoutMs: number): Promise<Counts> {
    return this.#child.call('waitForPairs', { pairs, timeoutMs });
  }

  /** All requests since the last clear(), in the order they came. */
  async log(): Promise<readonly ReceivedRequest[]> {
    const { requests } = await this.counts();
    const all: ReceivedRequest[] = [];
    for (let from = 0; from < requests; from += LOG_PART) {
      const part = await this.#child.call('log', { from, count: Math.min(LOG_PART, requests - from) });
      for (let index = 0; index < part.atMs.length; index++) all.push(rowOf(part, index));
    }
    return all;
  }

  async samples(): Promise<readonly Sample[]> {
    const all: Sample[] = [];
    for (;;) {
      const part = await this.#child.call('samples', { from: all.length, count: SAMPLES_PART });
      if (part.length === 0) return all;
      all.push(...part);
    }
  }

  async stop(): Promise<void> {
    await this.#child.stop();
  }
}

/** The path of an endpoint by its number. */
export function pathOf(number: number): string {
  return `/hooks/${number}`;
}

function rowOf(log: RequestLog, index: number): ReceivedRequest {
  return {
    path: log.paths[index] ?? '',
    appId: log.appIds[index] ?? '',
    webhookId: log.webhookIds[index] ?? '',
    atMs: log.atMs[index] ?? Number.NaN,
    answeredMs: log.answeredMs[index] ?? Number.NaN,
    status: log.statuses[index] ?? 0,
    attempt: log.attempts[index] ?? 0,
    type: log.types[index] ?? '',
    merchant: log.merchants[index] ?? '',
  };
}
