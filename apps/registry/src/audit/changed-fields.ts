import { isDeepStrictEqual } from 'node:util';
import type { PartnerApp } from '../apps/app.ts';
import type { Endpoint } from '../endpoints/endpoint.ts';

/** What of an app its partner changes, in the API's names. */
const APP_FIELDS = {
  name: 'name',
  description: 'description',
  visibility: 'visibility',
  redirectUris: 'redirect_uris',
  permissions: 'permissions',
  jwks: 'jwks',
} as const satisfies Partial<Record<keyof PartnerApp, string>>;

const ENDPOINT_FIELDS = {
  url: 'webhook.url',
  status: 'webhook.status',
  eventSources: 'webhook.event_sources',
  enabledEvents: 'webhook.enabled_events',
  payloadStyle: 'webhook.payload_style',
  apiVersion: 'webhook.api_version',
  maxConcurrency: 'webhook.max_concurrency',
  rateLimitPerMinute: 'webhook.rate_limit_per_minute',
  timeoutSeconds: 'webhook.timeout_seconds',
} as const satisfies Partial<Record<keyof Endpoint, string>>;

/** The names of an app's fields that differ; `webhook` where it has an endpoint now or no more. No values: a URL may have a token in it. */
export function changedFields(before: PartnerApp, after: PartnerApp): string[] {
  return [...differing(before, after, APP_FIELDS), ...changedEndpointFields(before.endpoint, after.endpoint)];
}

function changedEndpointFields(before: Endpoint | null, after: Endpoint | null): string[] {
  if (before !== null && after !== null) return differing(before, after, ENDPOINT_FIELDS);
  return before === after ? [] : ['webhook'];
}

function differing<Whole extends object>(before: Whole, after: Whole, names: Partial<Record<keyof Whole, string>>): string[] {
  const fields = Object.entries(names) as [keyof Whole, string][];
  return fields.filter(([field]) => !isDeepStrictEqual(before[field], after[field])).map(([, name]) => name);
}
