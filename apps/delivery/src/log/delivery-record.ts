import type { ErrorCategory } from '../attempts/outcome.ts';
import type { Delivery } from '../expansion/delivery.ts';

/** Statuses that are stored. `in_flight` is a waiting row under a lease: see reads/. */
export type DeliveryStatusName = 'pending' | 'retry_scheduled' | 'delivered' | 'failed' | 'suppressed' | 'canceled';

/** One request that was made. */
export interface AttemptRecord {
  readonly id: string;
  /** 1-based. */
  readonly number: number;
  readonly url: string;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly statusCode: number | undefined;
  /** Empty after a success. */
  readonly errorCategory: ErrorCategory | '';
  /** A sentence for the partner, where there was no usable answer. */
  readonly errorDetail?: string;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBody: Buffer;
  readonly truncated: boolean;
  /** Ids of the secrets whose signatures it carried. */
  readonly signedWith: readonly string[];
  readonly retryAfterMs: number | undefined;
}

/** What is to be stored of a delivery: where it stands now, and the attempt that brought it there. */
export interface DeliveryRecord {
  readonly delivery: Delivery;
  readonly status: DeliveryStatusName;
  /** Why it is pending, failed, suppressed or canceled; empty otherwise. */
  readonly reason: string;
  /** Pause until it is due, in ms of the database's clock; null: it waits for nothing. 0: due at once, in the order of creation. */
  readonly dueInMs: number | null;
  readonly attempt: AttemptRecord | undefined;
}

/** When the endpoint's answer made it a delivered one, in ms since the epoch; null while it is not. */
export function deliveredAtMs({ status, attempt }: DeliveryRecord): number | null {
  return status === 'delivered' && attempt !== undefined ? attempt.startedAtMs + attempt.durationMs : null;
}
