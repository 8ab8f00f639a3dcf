import type { AuditEntry } from '@hookwright/contracts';
import { type AuditedChange, auditEntry } from '@hookwright/runtime';
import type { Queries } from '../database/database.ts';
import type { Prisma } from '../generated/prisma/client.ts';

/** Adds what a transaction changes to the app's audit log, with on whose behalf. */
export async function addToAuditLog(tx: Queries, change: AuditedChange): Promise<void> {
  await tx.auditEntry.create({ data: toRow(auditEntry(change)), select: { id: true } });
}

/** As many as one statement takes in good time, likewise. */
export async function addAllToAuditLog(tx: Queries, changes: readonly AuditedChange[]): Promise<void> {
  await tx.auditEntry.createMany({ data: changes.map((change) => toRow(auditEntry(change))) });
}

/**
 * Takes the merchant's id out of what the log has of his installations, as what was changed and as who changed it: it was there for people,
 * and nothing looks for it. By the installations alone: what an app's log has altogether may be more than one statement can read in time.
 */
export async function forgetMerchantOf(tx: Queries, installations: readonly { readonly id: string }[]): Promise<void> {
  const ids = installations.map(({ id }) => id);
  await tx.$executeRaw`
    UPDATE audit_entry SET details = details - 'merchant_id', actor_id = CASE actor_kind WHEN 'merchant' THEN '' ELSE actor_id END
    WHERE target = ANY (${ids}::text[])`;
}

/** An entry as the database keeps it. */
export function toRow({ id, appId, atMs, actorKind, actorId, action, target, details, requestId }: AuditEntry) {
  const createdAt = new Date(Number(atMs));
  return { id, appId, createdAt, actorKind, actorId, action, target, details: JSON.parse(details) as Prisma.InputJsonObject, requestId };
}
