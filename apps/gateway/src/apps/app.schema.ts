import { z } from 'zod';
import { DisabledReason, EndpointStatus, EventSource, Mode, PayloadStyle, Scheme, Visibility } from '@hookwright/contracts';
import { enumSchema } from '../validation/enum-text.ts';
import { line, scopeName, text, utcTime } from '../validation/fields.ts';
import { listOf } from '../validation/page.ts';

// The registry holds apps against the same limits: here they are documented, and a caller learns of all wrong fields at once.
const url = line(2048).meta({ examples: ['https://shipit.example/hooks'] });
const eventPattern = z
  .string()
  .max(128)
  .regex(/^(\*|[a-z0-9_]+(\.[a-z0-9_]+)*(\.\*)?)$/, 'must be a type (order.created), a prefix (order.*) or *')
  .meta({ examples: ['order.*'] });

const permissionFields = {
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/, 'must be 1 to 64 of A-Z a-z 0-9 _ . : - and begin with a letter or digit'),
  title: line(100),
  scopes: z.array(scopeName).min(1).max(50),
};
const permissionInput = z.strictObject({ ...permissionFields, optional: z.boolean().default(false) }).meta({
  id: 'PermissionInput',
  examples: [{ id: 'orders', title: 'See orders', scopes: ['orders.read'], optional: false }],
});
const permission = z.object({ ...permissionFields, optional: z.boolean() }).meta({ id: 'Permission' });

const webhookFields = {
  url,
  event_sources: z.array(enumSchema(EventSource)).min(1).max(2),
  enabled_events: z.array(eventPattern).max(100),
  payload_style: enumSchema(PayloadStyle),
  api_version: z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a date, e.g. 2026-11-01'),
  max_concurrency: z.int().min(1).max(100),
  rate_limit_per_minute: z.int().min(1).max(600_000).nullable(),
  timeout_seconds: z.int().min(1).max(30),
};

const signingChoice = z
  .strictObject({ scheme: enumSchema(Scheme).describe('v1: HMAC-SHA256 with a secret; v1a: ed25519, verified with a public key') })
  .meta({ id: 'SigningInput' });

const webhookInputFields = { ...webhookFields, signing: signingChoice };

const webhookInput = z.strictObject(webhookInputFields).partial().required({ url: true }).meta({ id: 'WebhookInput' });

const webhookPatch = z
  .strictObject({ ...webhookInputFields, status: z.enum(['enabled', 'disabled']) })
  .partial()
  .meta({ id: 'WebhookPatch' });

// The registry looks at the keys themselves.
const jwks = z
  .strictObject({
    keys: z
      .array(z.record(z.string().max(100), z.unknown()))
      .min(1)
      .max(5),
  })
  .meta({
    id: 'JsonWebKeySet',
    description: 'public keys (RFC 7517) that the app signs client assertions with (private_key_jwt), instead of using its client secret',
    examples: [{ keys: [{ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', kid: '2026-11' }] }],
  });
export type JwksBody = z.infer<typeof jwks>;

const appFields = {
  name: line(100),
  description: text(2000),
  visibility: enumSchema(Visibility),
  redirect_uris: z.array(line(2048)).max(20),
  permissions: z.array(permissionInput).max(50),
  jwks: jwks.nullable(),
};

const EXAMPLE = {
  name: 'Ship It',
  redirect_uris: ['https://shipit.example/callback'],
  permissions: [{ id: 'orders', title: 'See orders', scopes: ['orders.read'] }],
  webhook: { url: 'https://shipit.example/hooks', event_sources: ['installed_merchants'], enabled_events: ['order.*'] },
};

/** POST /v1/apps */
export const appInput = z
  .strictObject({ ...appFields, webhook: webhookInput.nullable() })
  .partial()
  .required({ name: true })
  .meta({ id: 'AppInput', examples: [EXAMPLE] });
export type AppInputBody = z.infer<typeof appInput>;

/** PATCH /v1/apps/{app_id}: a JSON Merge Patch (RFC 7396). */
export const appPatch = z
  .strictObject({ ...appFields, webhook: webhookPatch.nullable() })
  .partial()
  .meta({ id: 'AppPatch', examples: [{ webhook: { enabled_events: ['order.*', 'payment.captured'] } }] });
export type AppPatchBody = z.infer<typeof appPatch>;
export type WebhookPatchBody = z.infer<typeof webhookPatch>;

export const publicKey = z.string().meta({ examples: ['whpk_…'] });

export const signingSecretInfo = z
  .object({
    id: z.string(),
    scheme: enumSchema(Scheme),
    prefix: z.string().meta({ examples: ['whsec_ab'] }),
    public_key: publicKey.nullable().describe('of v1a: what its signatures are verified with'),
    created_at: utcTime,
    created_by: z.string().nullable().describe('the API key with which it was asked for'),
    reason: z.string().nullable().describe('why the one before was replaced, as it was said then'),
    expires_at: utcTime.nullable(),
    last_used_at: utcTime.nullable(),
  })
  .meta({ id: 'SigningSecret', description: 'What is known of a signing secret, which is shown once' });
export type SigningSecretBody = z.infer<typeof signingSecretInfo>;

const webhook = z
  .object({
    ...webhookFields,
    status: enumSchema(EndpointStatus),
    disabled_reason: enumSchema(DisabledReason).nullable(),
    disabled_at: utcTime.nullable(),
    signing: z.object({ scheme: enumSchema(Scheme), secrets: z.array(signingSecretInfo).describe('live ones, newest first') }),
  })
  .meta({ id: 'Webhook' });

const newWebhook = webhook
  .extend({
    secret: z.string().optional().describe('the signing secret: only in the answer that creates the endpoint, or chooses v1 for it'),
    public_key: publicKey.optional().describe('instead of the secret when the scheme is v1a'),
  })
  .meta({ id: 'NewWebhook' });

const appBase = {
  id: z.string().meta({ examples: ['app_06f1kq3zv8r0c2t4y6b8d0e1g3'] }),
  ...appFields,
  permissions: z.array(permission),
  mode: enumSchema(Mode),
  client_id: z.string(),
  suspended_at: utcTime.nullable().describe('since when the operator has suspended it'),
  created_at: utcTime,
  updated_at: utcTime,
};

export const appResponse = z.object({ ...appBase, webhook: webhook.nullable() }).meta({ id: 'App' });
export type AppBody = z.infer<typeof appResponse>;

/** An app in the answer that may have created it or its endpoint. */
export const newAppResponse = z
  .object({
    ...appBase,
    client_secret: z
      .string()
      .optional()
      .describe('what the app authenticates itself with as an OAuth client: only in the answer that creates the app')
      .meta({ examples: ['hwcs_…'] }),
    webhook: newWebhook.nullable(),
  })
  .meta({ id: 'NewApp' });
export type NewAppBody = z.infer<typeof newAppResponse>;

export const appList = listOf(appResponse);
