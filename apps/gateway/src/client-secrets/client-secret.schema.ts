import { z } from 'zod';
import { rotationFields } from '../endpoints/endpoint.schema.ts';
import { utcTime } from '../validation/fields.ts';
import type { RotatedClientSecret } from './client-secrets.ts';

/** POST …/rotate-client-secret; may be left out altogether. */
export const rotateClientSecretInput = z
  .strictObject(rotationFields)
  .prefault({})
  .meta({ id: 'RotateClientSecretInput', examples: [{ overlap_seconds: 86400 }] });
export type RotateClientSecretBody = z.infer<typeof rotateClientSecretInput>;

export const rotatedClientSecret = z
  .object({
    client_secret: z
      .string()
      .describe('the new client secret, shown once')
      .meta({ examples: ['hwcs_…'] }),
    previous_client_secret_expires_at: utcTime.nullable().describe('until when the one before opens too; null when there was none'),
  })
  .meta({ id: 'RotatedClientSecret' });
export type RotatedClientSecretBody = z.infer<typeof rotatedClientSecret>;

export function toRotatedClientSecret({ secret, previousExpiresAt }: RotatedClientSecret): RotatedClientSecretBody {
  return { client_secret: secret, previous_client_secret_expires_at: previousExpiresAt?.toISOString() ?? null };
}
