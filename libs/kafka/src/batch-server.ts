import { setTimeout as delay } from 'node:timers/promises';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { BatchConsumer, type BatchConsumerOptions } from './batch-consumer.ts';
import type { ConsumedBatch } from './held-partition.ts';

export interface BatchServerOptions extends Omit<BatchConsumerOptions, 'onBatch'> {
  /** The `@EventPattern` of the method that takes the batches. */
  readonly channel: string;
  /** Consuming begins after it, e.g. when the tables are loaded. A rejection: it is asked again. */
  readonly after?: () => Promise<void>;
}

const RETRY_MS = 1000;

/**
 * Nest transport for whole batches: one call of the handler per batch. (Nest's own Kafka server handles one message at a time
 * through RxJS, which cannot reach design.md's budget.) What the handler throws reaches the consumer as it was thrown when the
 * microservice has a filter that rethrows (runService sets one), else as Nest's "Internal server error".
 */
export class KafkaBatchServer extends Server implements CustomTransportStrategy {
  /** The handler's failures come back to the consumer, so Nest need not report them. */
  override readonly propagatesEventHandlerErrors = true;
  readonly consumer: BatchConsumer;
  private closed = false;

  constructor(private readonly options: BatchServerOptions) {
    super();
    this.consumer = new BatchConsumer({ ...options, onBatch: (batch) => this.handle(batch) });
  }

  /** Does not wait for the broker: the service's health must answer in the meantime. */
  listen(callback: () => void): void {
    void this.begin();
    callback();
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.consumer.drain();
  }

  on(): never {
    throw new Error('the batch server has no events of its own');
  }

  unwrap(): never {
    throw new Error('the batch server has no client of its own');
  }

  private async begin(): Promise<void> {
    while (!this.closed && !(await this.isAfter())) await delay(RETRY_MS);
    if (!this.closed) this.consumer.start();
  }

  private async isAfter(): Promise<boolean> {
    try {
      await this.options.after?.();
      return true;
    } catch (error) {
      this.options.logger.warn({ err: error, channel: this.options.channel }, 'consumer.not_begun');
      return false;
    }
  }

  private async handle(batch: ConsumedBatch): Promise<void> {
    // Not getHandlerByPattern(): it tries whether the name is JSON, and the error that makes costs 2 % of ingest.
    const handler = this.messageHandlers.get(this.normalizePattern(this.options.channel));
    if (handler === undefined) throw new Error(`no @EventPattern('${this.options.channel}') in the application`);
    await lastValueFrom(this.transformToObservable(await handler(batch)), { defaultValue: undefined });
  }
}
