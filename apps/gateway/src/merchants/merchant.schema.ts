import { z } from 'zod';
import type { Merchant } from '@hookwright/contracts';
import type { MerchantErasure } from '../generated/prisma/client.ts';
import { isoTime, merchantId, utcTime } from '../validation/fields.ts';
import { listOf } from '../validation/page.ts';

const PARTS = ['installations', 'tokens', 'deliveries'] as const;

export const erasureResponse = z
  .object({
    merchant_id: merchantId,
    requested_at: utcTime,
    done_at: utcTime.nullable(),
    left: z.array(z.enum(PARTS)).describe('what is not erased yet'),
  })
  .meta({ id: 'MerchantErasure' });
export type ErasureBody = z.infer<typeof erasureResponse>;

export const merchantResponse = z
  .object({
    id: merchantId,
    installations: z.int().describe('ended ones too'),
    live_installations: z.int().describe('that have begun and not ended'),
    known_since: utcTime.nullable().describe('null: there is nothing of him any more'),
    erasure: erasureResponse.nullable().describe('the last one that was asked for'),
  })
  .meta({ id: 'Merchant' });
export type MerchantBody = z.infer<typeof merchantResponse>;
export const merchantList = listOf(merchantResponse);

export function toErasure(erasure: MerchantErasure): ErasureBody {
  const { merchantId: merchant, requestedAt, installationsDoneAt, doneAt } = erasure;
  const left = installationsDoneAt === null ? [...PARTS] : doneAt === null ? ['deliveries' as const] : [];
  return { merchant_id: merchant, requested_at: requestedAt.toISOString(), done_at: doneAt?.toISOString() ?? null, left };
}

export function toMerchant({ id, installations, liveInstallations, knownSinceMs }: Merchant, erasure?: MerchantErasure): MerchantBody {
  const counts = { installations, live_installations: liveInstallations, known_since: isoTime(knownSinceMs) };
  return { id, ...counts, erasure: erasure === undefined ? null : toErasure(erasure) };
}

/** Of whom nothing is left but that he was to be forgotten. */
export function toForgotten(erasure: MerchantErasure): MerchantBody {
  return { id: erasure.merchantId, installations: 0, live_installations: 0, known_since: null, erasure: toErasure(erasure) };
}
