import type { Admission, ParkReason } from '../endpoints/admission.ts';
import type { Delivery } from '../expansion/delivery.ts';
import type { DeliveryRecord } from '../log/delivery-record.ts';

// When it is looked at again. 0: at once, that is when the scheduler finds that what it waits for has come.
const DUE_IN_MS: Readonly<Record<ParkReason, number>> = {
  lane_full: 0,
  rate_limited: 0,
  breaker_open: 0,
  secrets_away: 0,
  // It waited for the proxy for as long as connecting may take (libs/egress), and others go on waiting.
  egress_away: 5_000,
  endpoint_paused: 0,
  endpoint_unknown: 500,
  event_not_chosen: 500,
  // What comes first is most often on its way already.
  install_untold: 250,
  internal_error: 60_000,
};

/** What is to be stored of a delivery for which nothing is sent now. */
export function settledRecord(delivery: Delivery, { kind, reason }: Exclude<Admission, { kind: 'deliver' }>): DeliveryRecord {
  switch (kind) {
    case 'park': {
      const status = delivery.attemptCount === 0 ? 'pending' : 'retry_scheduled';
      return { delivery, status, reason, dueInMs: DUE_IN_MS[reason], attempt: undefined };
    }
    case 'suppress':
      return { delivery, status: 'suppressed', reason, dueInMs: null, attempt: undefined };
    case 'cancel':
      return { delivery, status: 'canceled', reason, dueInMs: null, attempt: undefined };
  }
}
