import type { Logger } from '@hookwright/runtime';
import type { Deliverer } from './attempts/deliver.ts';
import { settledRecord } from './attempts/settled-record.ts';
import type { ParkReason } from './endpoints/admission.ts';
import type { EndpointTable } from './endpoints/endpoint-table.ts';
import type { Delivery } from './expansion/delivery.ts';
import { type Flight, Lanes, type LanesOptions } from './lanes/lanes.ts';
import type { Pace } from './limits/pace.ts';
import type { DeliveryLog } from './log/delivery-log.ts';
import type { DeliveryRecord } from './log/delivery-record.ts';
import { attemptSeconds, deliveriesParked, deliveriesRecorded, egressRefusals, retryAgeSeconds, retryNumber } from './metrics.ts';
import type { SecretCache } from './secrets/secret-cache.ts';
import { EventLoopLoad } from './in-work/event-loop-load.ts';
import type { InWork } from './in-work/in-work.ts';
import type { CreatedFirst } from './ordering/created-first.ts';

export interface DispatchOptions {
  readonly deliverer: Deliverer;
  readonly endpoints: EndpointTable;
  readonly secrets: SecretCache;
  readonly createdFirst: CreatedFirst;
  readonly pace: Pace;
  readonly log: DeliveryLog;
  readonly inWork: InWork;
  readonly concurrencyOf: (appId: string) => number;
  readonly slots: LanesOptions['slots'];
  /** A record is in the database. */
  readonly onRecorded: (record: DeliveryRecord) => void;
  readonly onParkedDone: (appId: string) => void;
  /** A parked delivery was not made: its lease was running out. */
  readonly onLeaseLost: (delivery: Delivery) => void;
  readonly logger: Logger;
}

// How often a worker that is full looks whether slow endpoints fill it: as long as it can take until one counts as slow.
const RELIEVE_EVERY_MS = 100;
const PARK_OVERDUE_EVERY_MS = 1000;

/** The way of a delivery through the worker: into its lane, or straight into the log; out of the lane, sent, into the log. */
export class Dispatch {
  readonly lanes: Lanes;
  private readonly load = new EventLoopLoad();
  private readonly timers: readonly NodeJS.Timeout[];
  private isStopped = false;

  constructor(private readonly options: DispatchOptions) {
    this.lanes = new Lanes({
      concurrencyOf: options.concurrencyOf,
      mayStart: () => options.log.isWorking(),
      mayGo: (appId, queued) => options.pace.mayGo(appId, queued),
      deliver: (flight) => void this.deliver(flight),
      onParkedDone: options.onParkedDone,
      worker: () => ({ free: options.inWork.free, bound: options.inWork.bound, isBusy: this.load.isBusy() }),
      slots: options.slots,
    });
    this.timers = [
      setInterval(() => this.relieve(), RELIEVE_EVERY_MS),
      setInterval(() => this.park(this.lanes.overdue(), 'lane_full'), PARK_OVERDUE_EVERY_MS),
    ];
  }

  /** A delivery that is in work, on its way. Never throws. */
  route(delivery: Delivery): void {
    if (this.options.createdFirst.mayGo(delivery)) this.routeNow(delivery);
    else void this.routeAfterCreated(delivery);
  }

  /** How many parked deliveries an endpoint can take now, with so many to follow those that start at once. */
  roomFor(appId: string, follow: number): number {
    return Math.min(this.lanes.roomFor(appId, follow), this.options.pace.room(appId, this.lanes.queuedOf(appId)));
  }

  /** The endpoint's rate lets nothing go for so long that what is in its lane had better wait in Postgres. */
  parkLane(appId: string): void {
    this.park(this.lanes.empty(appId), 'rate_limited');
  }

  /** Begins nothing more; what is under way goes on and is recorded. Returns what was claimed from Postgres and had not begun. */
  stop(): Delivery[] {
    this.isStopped = true;
    for (const timer of this.timers) clearInterval(timer);
    const queued = this.lanes.stop();
    for (const { id } of queued) this.options.inWork.end(id, 'left');
    return queued.filter(({ origin }) => origin === 'parked');
  }

  private routeNow(delivery: Delivery): void {
    const { deliverer, secrets } = this.options;
    if (this.isStopped) {
      this.leave(delivery);
      return;
    }
    const admission = deliverer.admission(delivery);
    if (admission.kind !== 'deliver') this.record(settledRecord(delivery, admission));
    else if (secrets.isAway(delivery.appId)) this.park([delivery], 'secrets_away');
    else if (this.isOverRate(delivery)) this.park([delivery], 'rate_limited');
    else if (!this.lanes.offer(delivery)) this.park([delivery], 'lane_full');
  }

  private async routeAfterCreated(delivery: Delivery): Promise<void> {
    const isTold = await this.options.createdFirst.ask(delivery);
    if (isTold || this.isStopped) this.routeNow(delivery);
    else this.hold(delivery);
  }

  /** It waits, whatever else it would wait for: by this reason it is known, when it is claimed, that something must come before it. */
  private hold(delivery: Delivery): void {
    const admission = this.options.deliverer.admission(delivery);
    const isOver = admission.kind === 'suppress' || admission.kind === 'cancel';
    this.record(settledRecord(delivery, isOver ? admission : { kind: 'park', reason: 'install_untold' }));
  }

  private relieve(): void {
    if (this.options.inWork.free === 0) this.park(this.lanes.relieve(), 'lane_full');
  }

  private park(deliveries: readonly Delivery[], reason: ParkReason): void {
    for (const delivery of deliveries) this.record(settledRecord(delivery, { kind: 'park', reason }));
  }

  /** What was claimed was claimed because there is room for it. */
  private isOverRate({ origin, appId }: Delivery): boolean {
    return origin === 'live' && this.options.pace.room(appId, this.lanes.queuedOf(appId)) === 0;
  }

  private async deliver(flight: Flight): Promise<void> {
    const record = await this.attempt(flight.delivery);
    this.lanes.landed(flight);
    if (record !== undefined) this.record(record, flight);
    else {
      this.leave(flight.delivery);
      this.lanes.recorded(flight);
    }
  }

  private async attempt(delivery: Delivery): Promise<DeliveryRecord | undefined> {
    try {
      return await this.options.deliverer.deliver(delivery);
    } catch (error) {
      // A bug: it is put off, and the others go on.
      this.options.logger.error({ err: error, delivery_id: delivery.id, app_id: delivery.appId }, 'delivery.bug');
      return settledRecord(delivery, { kind: 'park', reason: 'internal_error' });
    }
  }

  private leave(delivery: Delivery): void {
    this.options.inWork.end(delivery.id, 'left');
    if (delivery.origin === 'parked') this.options.onLeaseLost(delivery);
  }

  private record(record: DeliveryRecord, flight?: Flight): void {
    this.options.log.record(record, () => this.recorded(record, flight));
  }

  private recorded(record: DeliveryRecord, flight: Flight | undefined): void {
    const { inWork, logger } = this.options;
    count(record);
    this.options.onRecorded(record);
    if (logger.isLevelEnabled('debug')) logger.debug(lineOf(record), 'delivery.recorded');
    inWork.end(record.delivery.id, 'recorded');
    if (flight === undefined) this.lanes.wake();
    else this.lanes.recorded(flight);
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

const REFUSALS = new Set(['blocked_target', 'redirect', 'tls', 'response_too_large']);

function count({ delivery, status, reason, attempt }: DeliveryRecord): void {
  deliveriesRecorded.inc({ outcome: status });
  if (attempt === undefined) {
    if (status === 'pending' || status === 'retry_scheduled') deliveriesParked.inc({ reason });
    return;
  }
  attemptSeconds.observe({ result: attempt.errorCategory === '' ? 'success' : attempt.errorCategory }, attempt.durationMs / 1000);
  if (REFUSALS.has(attempt.errorCategory)) egressRefusals.inc({ reason: attempt.errorCategory });
  if (attempt.number === 1) return;
  retryNumber.observe(attempt.number);
  retryAgeSeconds.observe(Math.max(0, attempt.startedAtMs - delivery.createdAtMs) / 1000);
}
