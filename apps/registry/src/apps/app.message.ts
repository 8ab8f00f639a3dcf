import type { MessageInitShape } from '@bufbuild/protobuf';
import type { AppInput, AppSchema, Tenant as TenantMessage, TenantSchema } from '@hookwright/contracts';
import { notFound } from '@hookwright/runtime';
import { readWebhook, toWebhook } from '../endpoints/endpoint.message.ts';
import { distinct, present } from '../fields/field-rules.ts';
import { MODES, VISIBILITIES } from '../messages/enums.ts';
import { toMs } from '../messages/times.ts';
import type { AppPatch, PartnerApp, Tenant } from './app.ts';
import { publicJwks } from './jwks.ts';

/** Whose apps are meant. Nobody's when it is missing: nothing is found then. */
export function readTenant(tenant: TenantMessage | undefined): Tenant {
  const mode = tenant === undefined ? undefined : MODES.wordOf(tenant.mode);
  if (tenant === undefined || mode === undefined) throw notFound('app');
  return { partnerId: tenant.partnerId, mode, ...(tenant.appId !== '' && { appId: tenant.appId }) };
}

/** Whose an app is, for who may ask for anybody's. */
export function toTenant({ partnerId, mode }: PartnerApp): MessageInitShape<typeof TenantSchema> {
  return { partnerId, mode: MODES.valueOf(mode) };
}

/** What a partner asks for. Throws a problem that points at a field whose value is none of its enum's. */
export function readApp(input: AppInput | undefined): AppPatch {
  if (input === undefined) return {};
  return present({
    name: input.name,
    description: input.description,
    visibility: input.visibility === undefined ? undefined : VISIBILITIES.read(input.visibility, '/visibility'),
    redirectUris: input.redirectUris && distinct(input.redirectUris.values),
    permissions: input.permissions?.values.map(({ id, title, scopes, optional }) => ({ id, title, scopes: distinct(scopes), optional })),
    webhook: readWebhookChange(input.webhookChange),
    jwks: readJwksChange(input.jwksChange),
  });
}

function readWebhookChange(change: AppInput['webhookChange']): AppPatch['webhook'] {
  if (change.case === 'webhook') return readWebhook(change.value);
  return change.case === 'removeWebhook' && change.value ? null : undefined;
}

function readJwksChange(change: AppInput['jwksChange']): AppPatch['jwks'] {
  if (change.case === 'jwksJson') return publicJwks(change.value);
  return change.case === 'removeJwks' && change.value ? null : undefined;
}

export function toApp(app: PartnerApp): MessageInitShape<typeof AppSchema> {
  return {
    id: app.id,
    partnerId: app.partnerId,
    name: app.name,
    description: app.description,
    mode: MODES.valueOf(app.mode),
    visibility: VISIBILITIES.valueOf(app.visibility),
    redirectUris: [...app.redirectUris],
    permissions: [...app.permissions],
    clientId: app.clientId,
    ...(app.endpoint === null ? {} : { webhook: toWebhook(app.endpoint) }),
    createdAtMs: toMs(app.createdAt),
    updatedAtMs: toMs(app.updatedAt),
    revision: app.revision,
    permissionRevision: app.permissionRevision,
    jwksJson: app.jwks ?? '',
    ...(app.suspendedAt === null ? {} : { suspendedAtMs: toMs(app.suspendedAt) }),
  };
}
