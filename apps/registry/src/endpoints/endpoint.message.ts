import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { DisabledReason, EndpointSnapshotSchema, TOPICS, type WebhookInput, type WebhookSchema } from '@hookwright/contracts';
import type { OutboxMessage } from '@hookwright/outbox';
import { validationFailed } from '@hookwright/runtime';
import type { PartnerApp } from '../apps/app.ts';
import { distinct, invalid, present } from '../fields/field-rules.ts';
import { DISABLED_REASONS, ENDPOINT_STATUSES, EVENT_SOURCES, MODES, PAYLOAD_STYLES } from '../messages/enums.ts';
import { toMs } from '../messages/times.ts';
import type { Endpoint, EndpointPatch } from './endpoint.ts';

/** What a partner asks for. Throws a problem that points at a field whose value is none of its enum's. */
export function readWebhook(input: WebhookInput): EndpointPatch {
  return present({
    url: input.url,
    status: input.status === undefined ? undefined : readStatus(input.status),
    eventSources:
      input.eventSources &&
      distinct(input.eventSources.values.map((source, index) => EVENT_SOURCES.read(source, `/webhook/event_sources/${index}`))),
    enabledEvents: input.enabledEvents && distinct(input.enabledEvents.values),
    payloadStyle: input.payloadStyle === undefined ? undefined : PAYLOAD_STYLES.read(input.payloadStyle, '/webhook/payload_style'),
    apiVersion: input.apiVersion,
    maxConcurrency: input.maxConcurrency,
    rateLimitPerMinute: readRateLimit(input.rateLimit),
    timeoutSeconds: input.timeoutSeconds,
  });
}

function readStatus(value: NonNullable<WebhookInput['status']>): 'enabled' | 'disabled' {
  const status = ENDPOINT_STATUSES.wordOf(value);
  if (status === 'enabled' || status === 'disabled') return status;
  throw validationFailed([invalid('/webhook/status', 'can be set to enabled or disabled')]);
}

function readRateLimit(input: WebhookInput['rateLimit']): number | null | undefined {
  if (input.case === 'rateLimitPerMinute') return input.value;
  return input.case === 'noRateLimit' && input.value ? null : undefined;
}

/** The endpoint as an app's answer has it. */
export function toWebhook(endpoint: Endpoint): MessageInitShape<typeof WebhookSchema> {
  return {
    ...toChoices(endpoint),
    disabledReason: endpoint.disabledReason === null ? DisabledReason.UNSPECIFIED : DISABLED_REASONS.valueOf(endpoint.disabledReason),
    ...(endpoint.disabledAt === null ? {} : { disabledAtMs: toMs(endpoint.disabledAt) }),
  };
}

/** What ingest and the workers know of an app's endpoint; a tombstone when it has none. */
export function endpointSnapshot(app: PartnerApp): OutboxMessage {
  const { id, endpoint } = app;
  const value = endpoint === null ? null : toBinary(EndpointSnapshotSchema, toSnapshot(app, endpoint));
  return { topic: TOPICS.endpoints, key: id, value };
}

function toSnapshot({ id, partnerId, mode, endpointRevision }: PartnerApp, endpoint: Endpoint) {
  return create(EndpointSnapshotSchema, {
    appId: id,
    partnerId,
    mode: MODES.valueOf(mode),
    ...toChoices(endpoint),
    revision: endpointRevision,
  });
}

function toChoices(endpoint: Endpoint) {
  return {
    url: endpoint.url,
    status: ENDPOINT_STATUSES.valueOf(endpoint.status),
    eventSources: endpoint.eventSources.map((source) => EVENT_SOURCES.valueOf(source)),
    enabledEvents: [...endpoint.enabledEvents],
    payloadStyle: PAYLOAD_STYLES.valueOf(endpoint.payloadStyle),
    apiVersion: endpoint.apiVersion,
    maxConcurrency: endpoint.maxConcurrency,
    ...(endpoint.rateLimitPerMinute === null ? {} : { rateLimitPerMinute: endpoint.rateLimitPerMinute }),
    timeoutSeconds: endpoint.timeoutSeconds,
  };
}
