import { z } from 'zod';
import type { RotateSecretResponse } from '@hookwright/contracts';
import { toShown } from '../apps/app.mapping.ts';
import { publicKey, signingSecretInfo } from '../apps/app.schema.ts';
import { isoTime, text, utcTime } from '../validation/fields.ts';
import { listOf } from '../validation/page.ts';

const MAX_OVERLAP_SECONDS = 604_800;
export const DEFAULT_OVERLAP_SECONDS = 86_400;

/** How any secret of an app is replaced. */
export const rotationFields = {
  overlap_seconds: z
    .int()
    .min(0)
    .max(MAX_OVERLAP_SECONDS)
    .default(DEFAULT_OVERLAP_SECONDS)
    .describe('how long the secret before counts too'),
  force: z.boolean().default(false).describe('ends the oldest secret of an overlap that is still open'),
  reason: text(500).default('').describe('for the audit log'),
};

/** POST …/rotate-secret; may be left out altogether. */
export const rotateInput = z
  .strictObject(rotationFields)
  .prefault({})
  .meta({ id: 'RotateSecretInput', examples: [{ overlap_seconds: 86400 }] });
export type RotateBody = z.infer<typeof rotateInput>;

export const rotatedSecret = z
  .object({
    secret: z
      .string()
      .optional()
      .describe('the new signing secret, shown once')
      .meta({ examples: ['whsec_…'] }),
    public_key: publicKey.optional().describe('instead of the secret when the scheme is v1a'),
    secret_id: z.string(),
    previous_secret_id: z.string(),
    previous_secret_expires_at: utcTime,
  })
  .meta({ id: 'RotatedSecret' });
export type RotatedSecretBody = z.infer<typeof rotatedSecret>;

export const secretList = listOf(signingSecretInfo);

export function toRotatedSecret(rotated: RotateSecretResponse): RotatedSecretBody {
  return {
    ...toShown(rotated),
    secret_id: rotated.info?.id ?? '',
    previous_secret_id: rotated.previousSecretId,
    previous_secret_expires_at: isoTime(rotated.previousSecretExpiresAtMs),
  };
}
