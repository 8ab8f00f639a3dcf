import { type EndpointSnapshot, EndpointStatus } from '@hookwright/contracts';
import { UNKNOWN_FOR_MS } from '../endpoints/admission.ts';
import { timeoutMsOf } from '../endpoints/timeout.ts';
import type { Sweep } from './sql/sweep.ts';

/** What to do about the deliveries of one app that wait in Postgres. */
export type DueDecision =
  | { readonly kind: 'claim'; /** At most so many. */ readonly room: number; readonly timeoutMs: number }
  | { readonly kind: 'wait' }
  | { readonly kind: 'sweep'; readonly sweep: Sweep };

export interface DueStanding {
  readonly appId: string;
  readonly endpoint: EndpointSnapshot | undefined;
  readonly isGone: boolean;
  readonly isBreakerOpen: boolean;
  /** The breaker lets one attempt through. */
  readonly isProbing: boolean;
  readonly areSecretsAway: boolean;
  /** Nothing is heard from Kafka: the app may have been uninstalled, or its endpoint have another address. */
  readonly areTablesStale: boolean;
  readonly laneRoom: number;
}

/** Pure. A paused endpoint's wait on; a closed one's end; the others' are claimed as far as their lane has room. */
export function dueDecision({ appId, endpoint, isGone, laneRoom, ...rest }: DueStanding): DueDecision {
  if (rest.areTablesStale) return { kind: 'wait' };
  if (endpoint === undefined) {
    return { kind: 'sweep', sweep: { of: 'app', appId, status: 'canceled', reason: 'endpoint_removed', olderThanMs: UNKNOWN_FOR_MS } };
  }
  const { status } = endpoint;
  if (status === EndpointStatus.PAUSED && !isGone) return { kind: 'wait' };
  if (status === EndpointStatus.PENDING_VERIFICATION) {
    return { kind: 'sweep', sweep: { of: 'app', appId, status: 'suppressed', reason: 'endpoint_unverified', olderThanMs: 0 } };
  }
  if (status !== EndpointStatus.ENABLED || isGone) {
    return { kind: 'sweep', sweep: { of: 'app', appId, status: 'suppressed', reason: 'endpoint_disabled', olderThanMs: 0 } };
  }
  if (rest.isBreakerOpen || rest.areSecretsAway || laneRoom === 0) return { kind: 'wait' };
  return { kind: 'claim', room: rest.isProbing ? 1 : laneRoom, timeoutMs: timeoutMsOf(endpoint) };
}
