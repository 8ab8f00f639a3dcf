import { create } from '@bufbuild/protobuf';
import { type AuditEntry, AuditEntrySchema, newId } from '@hookwright/contracts';
import { currentActor } from './grpc/actor.ts';

/** A change of an app, as its audit log tells it. */
export interface AuditedChange {
  readonly appId: string;
  /** `<noun>.<what was done>`. */
  readonly action: string;
  /** The id of what was changed. Default: the app. */
  readonly target?: string;
  /** Never a secret, nor a value that could hold one. */
  readonly details?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}

/** The entry for a change that is made now, on behalf of the current actor. */
export function auditEntry({ appId, action, target = appId, details = {} }: AuditedChange, now = new Date()): AuditEntry {
  const { kind: actorKind, id: actorId, requestId } = currentActor();
  const atMs = BigInt(now.getTime());
  const id = newId('aud', now.getTime());
  return create(AuditEntrySchema, { id, appId, atMs, actorKind, actorId, action, target, details: JSON.stringify(details), requestId });
}
