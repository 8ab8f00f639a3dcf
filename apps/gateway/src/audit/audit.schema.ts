import { z } from 'zod';
import type { AuditEntry } from '@hookwright/contracts';
import { isoTime, utcTime } from '../validation/fields.ts';
import { listOf } from '../validation/page.ts';

const auditEntry = z
  .object({
    id: z.string().meta({ examples: ['aud_06f1kq3zv8r0c2t4y6b8d0e1g3'] }),
    at: utcTime,
    actor: z.object({
      kind: z.string().describe('`partner`, `operator`, `merchant` or `system`'),
      id: z.string().describe("the API key's, the merchant's (empty: he was erased), `operator`, or what of the system"),
    }),
    action: z
      .string()
      .describe('what was done')
      .meta({ examples: ['secret.rotated'] }),
    target: z.string().describe('the id of what was changed: the app, an installation, a secret'),
    details: z.record(z.string(), z.unknown()),
    request_id: z.string().nullable().describe('of the API request; null: nobody asked for it'),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntryBody = z.infer<typeof auditEntry>;
export const auditEntryList = listOf(auditEntry);

export function toAuditEntry({ id, atMs, actorKind, actorId, action, target, details, requestId }: AuditEntry): AuditEntryBody {
  return {
    id,
    at: isoTime(atMs),
    actor: { kind: actorKind, id: actorId },
    action,
    target,
    details: JSON.parse(details) as Record<string, unknown>,
    request_id: requestId === '' ? null : requestId,
  };
}
