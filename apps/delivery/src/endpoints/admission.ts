import { type EndpointSnapshot, EndpointStatus } from '@hookwright/contracts';

/** Why a delivery waits in Postgres. `internal_error`: a bug kept it from being made; `install_untold`: see src/ordering. */
export type ParkReason =
  | 'lane_full'
  | 'rate_limited'
  | 'breaker_open'
  | 'secrets_away'
  | 'egress_away'
  | 'endpoint_paused'
  | 'endpoint_unknown'
  | 'event_not_chosen'
  | 'install_untold'
  | 'internal_error';
export type SuppressReason = 'endpoint_disabled' | 'endpoint_unverified';
export type CancelReason = 'installation_revoked' | 'installation_suspended' | 'endpoint_removed' | 'event_not_chosen' | 'merchant_erased';

/** What may be done with a delivery at this moment. */
export type Admission =
  | { readonly kind: 'deliver'; readonly endpoint: EndpointSnapshot }
  | { readonly kind: 'park'; readonly reason: ParkReason }
  | { readonly kind: 'suppress'; readonly reason: SuppressReason }
  | { readonly kind: 'cancel'; readonly reason: CancelReason };

/** What the worker's tables say. */
export interface Standing {
  readonly endpoint: EndpointSnapshot | undefined;
  /** Answered 410 in this revision; the registry's snapshot that disables it is on its way. */
  readonly isGone: boolean;
  /** The endpoint, as it is now, wants the event. */
  readonly isChosen: boolean;
  /** The installation that the event was matched by does not count any more, for this kind of event. */
  readonly installationEnd: 'installation_revoked' | 'installation_suspended' | undefined;
  /** Since the event was matched; 0 the first time it is looked at. */
  readonly waitedMs: number;
  readonly isBreakerOpen: boolean;
}

// Ingest may know an endpoint, or what it chose, a little earlier than this worker; a removed one is never heard of again.
export const UNKNOWN_FOR_MS = 30_000;

/** The send rule's second half, looked at again right before each request (design.md, "The send rule"). */
export function admit({ endpoint, isGone, isChosen, installationEnd, waitedMs, isBreakerOpen }: Standing): Admission {
  if (installationEnd !== undefined) return { kind: 'cancel', reason: installationEnd };
  if (endpoint === undefined) {
    return waitedMs < UNKNOWN_FOR_MS ? { kind: 'park', reason: 'endpoint_unknown' } : { kind: 'cancel', reason: 'endpoint_removed' };
  }
  if (!isChosen)
    return waitedMs < UNKNOWN_FOR_MS ? { kind: 'park', reason: 'event_not_chosen' } : { kind: 'cancel', reason: 'event_not_chosen' };
  if (isGone) return { kind: 'suppress', reason: 'endpoint_disabled' };
  switch (endpoint.status) {
    case EndpointStatus.ENABLED:
      return isBreakerOpen ? { kind: 'park', reason: 'breaker_open' } : { kind: 'deliver', endpoint };
    case EndpointStatus.PAUSED:
      return { kind: 'park', reason: 'endpoint_paused' };
    case EndpointStatus.PENDING_VERIFICATION:
      return { kind: 'suppress', reason: 'endpoint_unverified' };
    case EndpointStatus.DISABLED:
    case EndpointStatus.UNSPECIFIED:
      return { kind: 'suppress', reason: 'endpoint_disabled' };
  }
}
