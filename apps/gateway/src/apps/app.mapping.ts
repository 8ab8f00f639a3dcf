import {
  type App,
  type AppInputSchema,
  type CreateSecretResponse,
  DisabledReason,
  EndpointStatus,
  EventSource,
  Mode,
  PayloadStyle,
  Scheme,
  type SecretInfo,
  Visibility,
  type Webhook,
  type WebhookInputSchema,
} from '@hookwright/contracts';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { formatPublicKey } from '@hookwright/signing';
import { enumText, enumTextOrNull, enumValue } from '../validation/enum-text.ts';
import { isoTime, isoTimeOrNull, textOrNull } from '../validation/fields.ts';
import type { AppBody, AppInputBody, AppPatchBody, JwksBody, SigningSecretBody, WebhookPatchBody } from './app.schema.ts';

type AppInput = MessageInitShape<typeof AppInputSchema>;
type WebhookInput = MessageInitShape<typeof WebhookInputSchema>;
type WebhookBody = NonNullable<AppBody['webhook']>;

/** A body as the registry takes it: a field that is not there is not set. */
export function toAppInput(body: AppInputBody | AppPatchBody): AppInput {
  const { name, description, visibility, redirect_uris, permissions, webhook, jwks } = body;
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(visibility !== undefined && { visibility: enumValue(Visibility, visibility) }),
    ...(redirect_uris !== undefined && { redirectUris: { values: redirect_uris } }),
    ...(permissions !== undefined && { permissions: { values: permissions } }),
    ...(webhook !== undefined && { webhookChange: toWebhookChange(webhook) }),
    ...(jwks !== undefined && { jwksChange: toJwksChange(jwks) }),
  };
}

function toWebhookChange(webhook: WebhookPatchBody | null): NonNullable<AppInput['webhookChange']> {
  return webhook === null ? { case: 'removeWebhook', value: true } : { case: 'webhook', value: toWebhookInput(webhook) };
}

function toJwksChange(jwks: JwksBody | null): NonNullable<AppInput['jwksChange']> {
  return jwks === null ? { case: 'removeJwks', value: true } : { case: 'jwksJson', value: JSON.stringify(jwks) };
}

function toWebhookInput(webhook: WebhookPatchBody): WebhookInput {
  const { url, status, event_sources, enabled_events, payload_style, api_version, max_concurrency, timeout_seconds } = webhook;
  return {
    ...(url !== undefined && { url }),
    ...(status !== undefined && { status: enumValue(EndpointStatus, status) }),
    ...(event_sources !== undefined && { eventSources: { values: event_sources.map((source) => enumValue(EventSource, source)) } }),
    ...(enabled_events !== undefined && { enabledEvents: { values: enabled_events } }),
    ...(payload_style !== undefined && { payloadStyle: enumValue(PayloadStyle, payload_style) }),
    ...(api_version !== undefined && { apiVersion: api_version }),
    ...(max_concurrency !== undefined && { maxConcurrency: max_concurrency }),
    ...(timeout_seconds !== undefined && { timeoutSeconds: timeout_seconds }),
    ...rateLimitOf(webhook),
  };
}

function rateLimitOf({ rate_limit_per_minute: limit }: WebhookPatchBody): Pick<WebhookInput, 'rateLimit'> {
  if (limit === undefined) return {};
  return { rateLimit: limit === null ? { case: 'noRateLimit', value: true } : { case: 'rateLimitPerMinute', value: limit } };
}

/** `secrets`: the app's live ones, newest first. */
export function toAppResponse(app: App, secrets: readonly SecretInfo[]): AppBody {
  return {
    id: app.id,
    name: app.name,
    description: app.description,
    mode: enumText(Mode, app.mode),
    visibility: enumText(Visibility, app.visibility),
    redirect_uris: app.redirectUris,
    permissions: app.permissions.map(({ id, title, scopes, optional }) => ({ id, title, scopes, optional })),
    client_id: app.clientId,
    jwks: app.jwksJson === '' ? null : (JSON.parse(app.jwksJson) as JwksBody),
    webhook: app.webhook === undefined ? null : toWebhook(app.webhook, secrets),
    suspended_at: isoTimeOrNull(app.suspendedAtMs),
    created_at: isoTime(app.createdAtMs),
    updated_at: isoTime(app.updatedAtMs),
  };
}

function toWebhook(webhook: Webhook, secrets: readonly SecretInfo[]): WebhookBody {
  return {
    url: webhook.url,
    status: enumText(EndpointStatus, webhook.status),
    disabled_reason: enumTextOrNull(DisabledReason, webhook.disabledReason),
    disabled_at: isoTimeOrNull(webhook.disabledAtMs),
    event_sources: webhook.eventSources.map((source) => enumText(EventSource, source)),
    enabled_events: webhook.enabledEvents,
    payload_style: enumText(PayloadStyle, webhook.payloadStyle),
    api_version: webhook.apiVersion,
    max_concurrency: webhook.maxConcurrency,
    rate_limit_per_minute: webhook.rateLimitPerMinute ?? null,
    timeout_seconds: webhook.timeoutSeconds,
    signing: { scheme: enumText(Scheme, secrets[0]?.scheme ?? Scheme.V1), secrets: secrets.map(toSecretInfo) },
  };
}

/** What is shown of a new signing secret, and not again: its text, or of v1a, which keeps its private key to itself, the public key. */
export function toShown({ secret, info }: Pick<CreateSecretResponse, 'secret' | 'info'>): { secret: string } | { public_key: string } {
  const publicKey = info?.publicKey ?? new Uint8Array();
  return publicKey.length === 0 ? { secret } : { public_key: formatPublicKey(publicKey) };
}

export function toSecretInfo(info: SecretInfo): SigningSecretBody {
  const { id, scheme, prefix, publicKey, createdAtMs, createdBy, reason, expiresAtMs, lastUsedAtMs } = info;
  return {
    id,
    scheme: enumText(Scheme, scheme),
    prefix,
    public_key: publicKey.length === 0 ? null : formatPublicKey(publicKey),
    created_at: isoTime(createdAtMs),
    created_by: textOrNull(createdBy),
    reason: textOrNull(reason),
    expires_at: isoTimeOrNull(expiresAtMs),
    last_used_at: isoTimeOrNull(lastUsedAtMs),
  };
}
