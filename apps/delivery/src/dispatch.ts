import type { Logger } from '@hookwright/runtime';
import type { Deliverer } from './attempts/deliver.ts';
import { settledRecord } from './attempts/settled-record.ts';
import type { EndpointTable } from './endpoints/endpoint-table.ts';
import type { Delivery } from './expansion/delivery.ts';
import { Lanes } from './lanes/lanes.ts';
import type { DeliveryLog } from './log/delivery-log.ts';
import type { DeliveryRecord } from './log/delivery-record.ts';
import { attemptSeconds, deliveriesParked, deliveriesRecorded } from './metrics.ts';
import type { SecretCache } from './secrets/secret-cache.ts';
import type { InWork } from './in-work/in-work.ts';

export interface DispatchOptions {
  readonly deliverer: Deliverer;
  readonly endpoints: EndpointTable;
  readonly secrets: SecretCache;
  readonly log: DeliveryLog;
  readonly inWork: InWork;
  /** Deliveries that may wait in one lane. */
  readonly laneBound: number;
  readonly onParkedDone: (appId: string) => void;
  /** A parked delivery was not made: its lease was running out. */
  readonly onLeaseLost: (delivery: Delivery) => void;
  readonly logger: Logger;
}

/** The way of a delivery through the worker: into its lane, or straight into the log; out of the lane, sent, into the log. */
export class Dispatch {
  readonly lanes: Lanes;
  private isStopped = false;

  constructor(private readonly options: DispatchOptions) {
    this.lanes = new Lanes({
      queueBound: options.laneBound,
      // At least one: what may not be sent any more leaves its lane this way too.
      concurrencyOf: (appId) => Math.max(1, options.endpoints.of(appId)?.maxConcurrency ?? 1),
      mayStart: () => options.log.isKeepingUp(),
      deliver: (delivery) => this.deliver(delivery),
      onParkedDone: options.onParkedDone,
    });
    options.log.whenCaughtUp(() => this.lanes.resume());
  }

  /** A delivery that is in work, on its way. Never throws. */
  route(delivery: Delivery): void {
    const { deliverer, secrets } = this.options;
    if (this.isStopped) {
      this.leave(delivery);
      return;
    }
    const admission = deliverer.admission(delivery);
    if (admission.kind !== 'deliver') this.record(settledRecord(delivery, admission));
    else if (secrets.isAway(delivery.appId)) this.record(settledRecord(delivery, { kind: 'park', reason: 'secrets_away' }));
    else if (!this.lanes.offer(delivery)) this.record(settledRecord(delivery, { kind: 'park', reason: 'lane_full' }));
  }

  /** Begins nothing more; what is under way goes on and is recorded. Returns what was claimed from Postgres and had not begun. */
  stop(): Delivery[] {
    this.isStopped = true;
    const queued = this.lanes.stop();
    for (const { id } of queued) this.options.inWork.end(id, 'left');
    return queued.filter(({ origin }) => origin === 'parked');
  }

  private async deliver(delivery: Delivery): Promise<void> {
    try {
      const record = await this.options.deliverer.deliver(delivery);
      if (record === undefined) this.leave(delivery);
      else this.record(record);
    } catch (error) {
      // A bug: it is put off, and the others go on.
      this.options.logger.error({ err: error, delivery_id: delivery.id, app_id: delivery.appId }, 'delivery.bug');
      this.record(settledRecord(delivery, { kind: 'park', reason: 'internal_error' }));
    }
  }

  private leave(delivery: Delivery): void {
    this.options.inWork.end(delivery.id, 'left');
    if (delivery.origin === 'parked') this.options.onLeaseLost(delivery);
  }

  private record(record: DeliveryRecord): void {
    const { log, inWork, logger } = this.options;
    log.record(record, () => {
      count(record);
      if (logger.isLevelEnabled('debug')) logger.debug(lineOf(record), 'delivery.recorded');
      inWork.end(record.delivery.id, 'recorded');
    });
  }
}

function lineOf({ delivery, status, reason, attempt }: DeliveryRecord): Record<string, unknown> {
  return {
    delivery_id: delivery.id,
    event_id: delivery.source.event.eventId,
    app_id: delivery.appId,
    merchant_id: delivery.source.event.merchantId,
    status,
    reason,
    attempt: attempt?.number,
    status_code: attempt?.statusCode,
    error_category: attempt?.errorCategory,
    duration_ms: attempt?.durationMs,
  };
}

function count({ status, reason, attempt }: DeliveryRecord): void {
  deliveriesRecorded.inc({ outcome: status });
  if (attempt === undefined) {
    if (status === 'pending' || status === 'retry_scheduled') deliveriesParked.inc({ reason });
    return;
  }
  attemptSeconds.observe({ result: attempt.errorCategory === '' ? 'success' : attempt.errorCategory }, attempt.durationMs / 1000);
}
