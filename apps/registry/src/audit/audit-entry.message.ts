import { fromBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { type AuditEntry, AuditEntrySchema } from '@hookwright/contracts';
import type { AuditEntry as AuditRow } from '../generated/prisma/client.ts';
import { toMs } from '../messages/times.ts';

const ID = /^aud_[0-9a-z]{1,60}$/;
const MAX_TEXT = 200;
const MAX_DETAILS = 4096;
// What a Date holds.
const MAX_MS = 8_640_000_000_000_000n;

/** A message of audit.entries; undefined when it cannot be read or is no entry. */
export function readEntry(value: Uint8Array | null): AuditEntry | undefined {
  if (value === null) return undefined;
  try {
    const entry = fromBinary(AuditEntrySchema, value);
    return isEntry(entry) ? entry : undefined;
  } catch {
    return undefined;
  }
}

/** Whether it can be kept. */
export function isEntry({ id, appId, atMs, actorKind, actorId, action, target, details, requestId }: AuditEntry): boolean {
  const texts = [appId, actorKind, actorId, action, target, requestId];
  return ID.test(id) && appId !== '' && atMs >= 0n && atMs <= MAX_MS && texts.every((text) => text.length <= MAX_TEXT) && isObject(details);
}

export function toEntry({ createdAt, details, ...row }: AuditRow): MessageInitShape<typeof AuditEntrySchema> {
  return { ...row, atMs: toMs(createdAt), details: JSON.stringify(details) };
}

function isObject(details: string): boolean {
  try {
    const value: unknown = details.length <= MAX_DETAILS ? JSON.parse(details) : undefined;
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
