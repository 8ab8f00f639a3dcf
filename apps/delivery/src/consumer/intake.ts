import type { ConsumedBatch } from '@hookwright/kafka';
import type { EndpointTable } from '../endpoints/endpoint-table.ts';
import type { Delivery } from '../expansion/delivery.ts';
import { expand } from '../expansion/expand.ts';
import type { DeliveryLog } from '../log/delivery-log.ts';
import { deliveriesRepeated, eventsConsumed } from '../metrics.ts';
import type { InWork } from '../in-work/in-work.ts';
import type { DeadLetters } from './dead-letters.ts';
import { MessageProgress } from './message-progress.ts';

export interface IntakeOptions {
  readonly endpoints: EndpointTable;
  readonly inWork: InWork;
  readonly log: DeliveryLog;
  readonly deadLetters: DeadLetters;
  /** Sends the delivery on its way. */
  readonly route: (delivery: Delivery) => void;
}

/** Takes batches of webhook.deliveries apart and lets through what was not delivered before. */
export class Intake {
  private readonly stopped = new AbortController();

  constructor(private readonly options: IntakeOptions) {}

  /** Resolves when the batch's deliveries are on their way; each message is done when all of its deliveries are recorded. Never rejects. */
  async take(batch: ConsumedBatch): Promise<void> {
    eventsConsumed.inc(batch.messages.length);
    await this.letThrough(batch.messages.flatMap((message) => this.begin(batch, message)));
  }

  /** Waits for Postgres no longer: what could not be looked up is left. */
  stop(): void {
    this.stopped.abort();
  }

  private async letThrough(fresh: readonly Delivery[]): Promise<void> {
    const { log, inWork, route } = this.options;
    const recorded = await log.recordedAmong(fresh, this.stopped.signal);
    for (const delivery of fresh) {
      if (recorded === undefined) inWork.end(delivery.id, 'left');
      else if (!recorded.has(delivery.id)) route(delivery);
      else {
        deliveriesRepeated.inc();
        inWork.end(delivery.id, 'recorded');
      }
    }
  }

  /** The message's deliveries that are not in work already, taken into work. */
  private begin(batch: ConsumedBatch, message: ConsumedBatch['messages'][number]): Delivery[] {
    const { endpoints, inWork, deadLetters } = this.options;
    const expansion = expand(message, (appId) => endpoints.of(appId));
    if (!expansion.ok) {
      void deadLetters.bury(batch, message, { detail: expansion.detail, signal: this.stopped.signal });
      return [];
    }
    const { deliveries } = expansion;
    const { onEnd } = new MessageProgress(batch, message.offset, deliveries.length);
    const stay = { bytes: (message.value?.length ?? 0) / deliveries.length, onEnd, isOurs: batch.isOurs };
    return deliveries.filter((delivery) => inWork.take(delivery.id, { ...stay, begin: () => void this.letThrough([delivery]) }));
  }
}
