import { z } from 'zod';
import type { App, GetMasterKeyStatusResponse, Partner } from '@hookwright/contracts';
import { SCOPES } from '../access/scopes.ts';
import type { NewKey } from '../api-keys/api-keys.ts';
import type { ApiKey } from '../generated/prisma/client.ts';
import { id, isoTime, isoTimeOrNull, line, merchantId, optionalLine, scopeName, utcTime } from '../validation/fields.ts';
import { listOf } from '../validation/page.ts';

export const partnerInput = z.strictObject({ name: line(100) }).meta({ id: 'PartnerInput', examples: [{ name: 'Ship It Inc.' }] });
export type PartnerInputBody = z.infer<typeof partnerInput>;

const partner = z.object({ id: z.string(), name: z.string(), created_at: utcTime }).meta({ id: 'Partner' });
export type PartnerBody = z.infer<typeof partner>;
export const partnerList = listOf(partner);

export const newPartner = partner
  .extend({ api_keys: z.object({ live: z.string(), test: z.string() }).describe('shown once') })
  .meta({ id: 'NewPartner' });
export type NewPartnerBody = z.infer<typeof newPartner>;

const mode = z.enum(['live', 'test']);
const scope = z.enum(SCOPES);

export const keyInput = z
  .strictObject({
    mode,
    scopes: z
      .array(scope)
      .min(1)
      .max(SCOPES.length)
      .default([...SCOPES]),
  })
  .meta({ id: 'ApiKeyInput', examples: [{ mode: 'live', scopes: ['apps.read', 'deliveries.read'] }] });
export type KeyInputBody = z.infer<typeof keyInput>;

export const newKey = z.object({ id: z.string(), key: z.string().describe('shown once') }).meta({ id: 'NewApiKey' });
export type NewKeyBody = NewKey;

const keyInfo = z
  .object({
    id: z.string(),
    mode,
    scopes: z.array(z.string()),
    prefix: z.string(),
    created_at: utcTime,
    last_used_at: utcTime.nullable().describe('to the minute; null: not used yet'),
  })
  .meta({ id: 'ApiKey' });
export type KeyBody = z.infer<typeof keyInfo>;
export const keyList = listOf(keyInfo);

export const installationInput = z.strictObject({ app_id: id, merchant_id: merchantId, scopes: z.array(scopeName).max(100) }).meta({
  id: 'InstallationInput',
  examples: [{ app_id: 'app_06f1kq3zv8r0c2t4y6b8d0e1g3', merchant_id: 'mer_demo_1', scopes: ['orders.read'] }],
});
export type InstallationInputBody = z.infer<typeof installationInput>;

/** POST …/apps/{app_id}/suspend and unsuspend; may be left out altogether. */
export const suspensionInput = z
  .strictObject({ reason: optionalLine(200).default('').describe("for the app's audit log, which its partner reads") })
  .prefault({})
  .meta({ id: 'AppSuspensionInput', examples: [{ reason: 'Abuse reports' }] });
export type SuspensionInputBody = z.infer<typeof suspensionInput>;

export const appSuspension = z.object({ app_id: z.string(), suspended_at: utcTime.nullable() }).meta({ id: 'AppSuspension' });
export type AppSuspensionBody = z.infer<typeof appSuspension>;

const masterKeyUse = z.object({
  key_id: z.string(),
  secrets: z.int(),
  held: z.boolean().describe('whether the vault can unwrap what this key wrapped'),
});

export const masterKey = z
  .object({
    key_id: z.string().describe('the master key that wraps now; says nothing about its bytes'),
    secrets: z.int().describe('signing secrets with key material'),
    left: z.int().describe('of these, still under another master key: 0 when a rotation is over'),
    keys: z.array(masterKeyUse),
  })
  .meta({ id: 'MasterKey' });
export type MasterKeyBody = z.infer<typeof masterKey>;

export function toMasterKey({ keyId, secrets, left, keys }: GetMasterKeyStatusResponse): MasterKeyBody {
  return { key_id: keyId, secrets, left, keys: keys.map((use) => ({ key_id: use.keyId, secrets: use.secrets, held: use.held })) };
}

export function toAppSuspension({ id: appId, suspendedAtMs }: App): AppSuspensionBody {
  return { app_id: appId, suspended_at: isoTimeOrNull(suspendedAtMs) };
}

export function toPartner({ id: partnerId, name, createdAtMs }: Partner): PartnerBody {
  return { id: partnerId, name, created_at: isoTime(createdAtMs) };
}

export function toKey({ id: keyId, mode: keyMode, scopes, prefix, createdAt, lastUsedAt }: ApiKey): KeyBody {
  const times = { created_at: createdAt.toISOString(), last_used_at: lastUsedAt?.toISOString() ?? null };
  return { id: keyId, mode: keyMode, scopes, prefix, ...times };
}
