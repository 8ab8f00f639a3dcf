import { EndpointStatus } from '@hookwright/contracts';
import type { Breakers } from '../breakers/breakers.ts';
import type { EndpointTable } from '../endpoints/endpoint-table.ts';
import type { RateLimits } from './rate-limits.ts';

export interface PaceOptions {
  readonly limits: RateLimits;
  readonly endpoints: EndpointTable;
  readonly breakers: Breakers;
}

/** How fast each lane may go, by what the tables say at this moment. */
export class Pace {
  constructor(private readonly options: PaceOptions) {}

  /** Takes the right to send one of the lane's `queued` deliveries; false: not yet. */
  mayGo(appId: string, queued: number): boolean {
    const perMinute = this.rateOf(appId);
    return perMinute === undefined || this.options.limits.take(appId, perMinute, queued);
  }

  /** How many more deliveries may wait in the lane without waiting long. */
  room(appId: string, queued: number): number {
    const perMinute = this.rateOf(appId);
    return perMinute === undefined ? Infinity : Math.max(0, this.options.limits.soon(appId, perMinute) - queued);
  }

  /** Undefined: no limit, or nothing would be sent anyway, and what is in the lane leaves it unhindered. */
  private rateOf(appId: string): number | undefined {
    const endpoint = this.options.endpoints.of(appId);
    const isSentTo = endpoint?.status === EndpointStatus.ENABLED && !this.options.breakers.isOpen(appId);
    return isSentTo ? endpoint.rateLimitPerMinute : undefined;
  }
}
