import type { FieldError } from '@hookwright/runtime';
import { checkCount, checkInteger, invalid } from '../fields/field-rules.ts';
import { API_VERSION, type EndpointChoices } from './endpoint.ts';

const MAX_ENABLED_EVENTS = 100;
const MAX_CONCURRENCY = { min: 1, max: 100 };
const RATE_LIMIT = { min: 1, max: 600_000 };
const TIMEOUT_SECONDS = { min: 1, max: 30 };

/** What is wrong with an endpoint's own values. Its URL and its choice of events have rules of their own. */
export function checkEndpoint(endpoint: EndpointChoices): FieldError[] {
  const { url, eventSources, enabledEvents, apiVersion, rateLimitPerMinute } = endpoint;
  return [
    ...(url === '' ? [{ pointer: '/webhook/url', code: 'missing_field', message: 'is required' } as const] : []),
    ...checkCount('/webhook/event_sources', eventSources, { min: 1, max: 2 }),
    ...checkCount('/webhook/enabled_events', enabledEvents, { max: MAX_ENABLED_EVENTS }),
    ...(apiVersion === API_VERSION ? [] : [invalid('/webhook/api_version', `must be ${API_VERSION}`)]),
    ...checkInteger('/webhook/max_concurrency', endpoint.maxConcurrency, MAX_CONCURRENCY),
    ...(rateLimitPerMinute === null ? [] : checkInteger('/webhook/rate_limit_per_minute', rateLimitPerMinute, RATE_LIMIT)),
    ...checkInteger('/webhook/timeout_seconds', endpoint.timeoutSeconds, TIMEOUT_SECONDS),
  ];
}
