import type { DisabledReason, EndpointStatus, EventSource, PayloadStyle } from '../generated/prisma/enums.ts';

/** What a partner chooses of an endpoint. */
export interface EndpointChoices {
  readonly url: string;
  readonly eventSources: readonly EventSource[];
  readonly enabledEvents: readonly string[];
  readonly payloadStyle: PayloadStyle;
  readonly apiVersion: string;
  readonly maxConcurrency: number;
  readonly rateLimitPerMinute: number | null;
  readonly timeoutSeconds: number;
}

/** Whether an endpoint gets anything, and why not. */
export interface EndpointState {
  readonly status: EndpointStatus;
  readonly disabledReason: DisabledReason | null;
  readonly disabledAt: Date | null;
  /** Whether this URL has shown that it wants what it gets. */
  readonly verified: boolean;
}

export interface Endpoint extends EndpointChoices, EndpointState {}

/** A change by its partner: what is not there stays, or gets its default when the endpoint is new. */
export interface EndpointPatch extends Partial<EndpointChoices> {
  readonly status?: 'enabled' | 'disabled';
}

export const API_VERSION = '2026-11-01';

/** Source: api.md, "Apps". */
export const ENDPOINT_DEFAULTS: Omit<EndpointChoices, 'url'> = {
  eventSources: ['partner_app', 'installed_merchants'],
  enabledEvents: ['*'],
  payloadStyle: 'full',
  apiVersion: API_VERSION,
  maxConcurrency: 10,
  rateLimitPerMinute: null,
  timeoutSeconds: 10,
};
