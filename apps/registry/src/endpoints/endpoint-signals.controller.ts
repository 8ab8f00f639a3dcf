import type { ConsumedBatch } from '@hookwright/kafka';
import { type Actor, type Logger, LOGGER, withActor } from '@hookwright/runtime';
import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { readSignal } from './endpoint-signal.ts';
import { EndpointsService } from './endpoints.service.ts';

/** The channel that the batch server of delivery.endpoint-signals hands its batches to. */
export const ENDPOINT_SIGNALS = 'endpoint-signals';

const WORKERS: Actor = { kind: 'system', id: 'delivery', requestId: '' };

@Controller()
export class EndpointSignalsController {
  constructor(
    private readonly endpoints: EndpointsService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Rejects while the database is away: the batch comes again. */
  @EventPattern(ENDPOINT_SIGNALS)
  async take(@Payload() batch: ConsumedBatch): Promise<void> {
    const { topic, partition, messages } = batch;
    for (const { offset, value } of messages) {
      const signal = readSignal(value);
      if (signal === undefined) this.logger.warn({ topic, partition, offset }, 'endpoint.signal_unreadable');
      else if (await withActor(WORKERS, () => this.endpoints.disable(signal)))
        this.logger.info({ app_id: signal.appId, reason: signal.reason }, 'endpoint.disabled');
      batch.done(offset);
    }
  }
}
