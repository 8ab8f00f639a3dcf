import type { AuditEntry } from '@hookwright/contracts';
import { type AuditedChange, auditEntry } from '@hookwright/runtime';
import type { Queries } from '../database/database.ts';
import type { Prisma } from '../generated/prisma/client.ts';

/** Adds what a transaction changes to the app's audit log, with on whose behalf. */
export async function addToAuditLog(tx: Queries, change: AuditedChange): Promise<void> {
  await tx.auditEntry.create({ data: toRow(auditEntry(change)), select: { id: true } });
}

/** An entry as the database keeps it. */
export function toRow({ id, appId, atMs, actorKind, actorId, action, target, details, requestId }: AuditEntry) {
  const createdAt = new Date(Number(atMs));
  return { id, appId, createdAt, actorKind, actorId, action, target, details: JSON.parse(details) as Prisma.InputJsonObject, requestId };
}
