import type { ConsumedBatch } from '@hookwright/kafka';
import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { Worker } from '../worker.ts';

/** The channel that the batch server of webhook.deliveries hands its batches to. */
export const DELIVERIES = 'deliveries';

@Controller()
export class DeliveryConsumer {
  constructor(@Inject(Worker) private readonly worker: Worker) {}

  @EventPattern(DELIVERIES)
  async take(@Payload() batch: ConsumedBatch): Promise<void> {
    await this.worker.take(batch);
  }
}
