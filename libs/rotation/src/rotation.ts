/** A live secret as far as rotating goes. Lists of them are newest first. `expiresAt` is null for the current one. */
export interface RotatingSecret {
  readonly id: string;
  readonly expiresAt: Date | null;
}

export interface RotationRequest {
  /** How long the current secret signs beside the new one; 0: not at all. */
  readonly overlapSeconds: number;
  readonly force: boolean;
  readonly now: Date;
}

/** What becomes of an app's live secrets when a new one comes: `previous` gets an end, `ended` end now. */
export type Rotation =
  | { readonly ok: true; readonly previous: { readonly id: string; readonly expiresAt: Date }; readonly ended: readonly string[] }
  | { readonly ok: false; readonly reason: 'no_secret' | 'rotation_in_progress' };

/**
 * At most two secrets of an app are live: the current one, and the one it replaced until the overlap is over. A rotation inside an open
 * overlap is refused, or by force ends what was replaced before. Source: api.md, rotate-secret.
 */
export function planRotation(live: readonly RotatingSecret[], { overlapSeconds, force, now }: RotationRequest): Rotation {
  const [current, ...replaced] = live;
  if (current === undefined) return { ok: false, reason: 'no_secret' };
  if (replaced.length > 0 && !force) return { ok: false, reason: 'rotation_in_progress' };
  const ended = replaced.map(({ id }) => id);
  if (overlapSeconds === 0) ended.push(current.id);
  return { ok: true, previous: { id: current.id, expiresAt: new Date(now.getTime() + overlapSeconds * 1000) }, ended };
}

/** What a revocation leaves: `promoted` loses its end, because it is the newest now and the app must not run out of secrets. */
export type Revocation =
  { readonly ok: true; readonly promoted: string | null } | { readonly ok: false; readonly reason: 'not_live' | 'last_secret' };

/** Ends one live secret early. The last one stays: an endpoint without a secret could not be sent anything. */
export function planRevocation(live: readonly RotatingSecret[], secretId: string): Revocation {
  if (!live.some(({ id }) => id === secretId)) return { ok: false, reason: 'not_live' };
  const [newest] = live.filter(({ id }) => id !== secretId);
  if (newest === undefined) return { ok: false, reason: 'last_secret' };
  return { ok: true, promoted: newest.expiresAt === null ? null : newest.id };
}
