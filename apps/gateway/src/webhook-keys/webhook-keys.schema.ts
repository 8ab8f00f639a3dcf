import { z } from 'zod';
import type { SecretInfo } from '@hookwright/contracts';
import { id } from '../validation/fields.ts';

/** GET /v1/.well-known/webhook-keys. Without an app the set would hold every app's keys, and would have no end. */
export const webhookKeysQuery = z.strictObject({
  app_id: id.describe('as in the header `webhook-app-id`').meta({ examples: ['app_06f1kq3zv8r0c2t4y6b8d0e1g3'] }),
});
export type WebhookKeysQuery = z.infer<typeof webhookKeysQuery>;

/** A public key of ed25519 as a JSON Web Key (RFC 7517, RFC 8037). */
const webhookKey = z
  .object({
    kty: z.literal('OKP'),
    crv: z.literal('Ed25519'),
    x: z.string().describe('the 32 bytes in base64url'),
    kid: z.string().describe('id of the signing secret, as in `signed_with` of an attempt'),
    use: z.literal('sig'),
    alg: z.literal('EdDSA'),
  })
  .meta({ id: 'WebhookKey' });

export const webhookKeys = z.object({ keys: z.array(webhookKey).describe('live ones, newest first') }).meta({ id: 'WebhookKeys' });
export type WebhookKeysBody = z.infer<typeof webhookKeys>;

/** Of an app's live secrets those that have a public key. */
export function toWebhookKeys(secrets: readonly SecretInfo[]): WebhookKeysBody {
  const pairs = secrets.filter(({ publicKey }) => publicKey.length > 0);
  return { keys: pairs.map(toWebhookKey) };
}

function toWebhookKey({ id: kid, publicKey }: SecretInfo): z.infer<typeof webhookKey> {
  return { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url'), kid, use: 'sig', alg: 'EdDSA' };
}
