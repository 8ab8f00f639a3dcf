/** A generation of an installation. */
export interface Install {
  readonly installationId: string;
  readonly generation: number;
}

/**
 * What the log says of an installation's `install.created`: its first attempt was made, or it ended without one (suppressed, canceled); it
 * waits for its first attempt, or that is under way; or nothing of it was recorded.
 */
export type CreatedStanding = 'told' | 'waiting' | 'missing';

// Of 100 bytes each. What is forgotten is asked for again.
const MOST_TOLD = 50_000;
const MOST_MISSING = 10_000;
/**
 * What is missing is on its way, as a rule: ingest's replicas read lifecycle and merchants' topics side by side, and the partitions of one
 * that is killed wait for some 20 s. It never comes when the app changed its choice of events while it was installed, or when it is a dead
 * letter.
 */
export const GIVE_UP_MS = 120_000;

/**
 * Which installations their apps were told of, as far as this worker knows: that does not change any more. And how long it has looked in
 * vain for what tells of the others. Bounded; no I/O.
 */
export class ToldInstalls {
  // Installation → generation. Two of them, the older one forgotten as a whole: a Map's first key is found behind all that was deleted.
  private told = new Map<string, number>();
  private toldBefore = new Map<string, number>();
  private readonly missingSinceMs = new Map<string, number>();

  has({ installationId, generation }: Install): boolean {
    return (this.told.get(installationId) ?? this.toldBefore.get(installationId)) === generation;
  }

  /** Takes what the log said at a moment. Returns whether the merchant's events may be sent. */
  learn(install: Install, standing: CreatedStanding, nowMs: number): boolean {
    const key = installKey(install);
    if (standing === 'missing' && nowMs - this.missingSince(key, nowMs) < GIVE_UP_MS) return false;
    this.missingSinceMs.delete(key);
    if (standing === 'waiting') return false;
    this.remember(install);
    return true;
  }

  private remember({ installationId, generation }: Install): void {
    if (this.told.size >= MOST_TOLD / 2) [this.told, this.toldBefore] = [new Map<string, number>(), this.told];
    this.told.set(installationId, generation);
  }

  private missingSince(key: string, nowMs: number): number {
    const sinceMs = this.missingSinceMs.get(key);
    if (sinceMs !== undefined) return sinceMs;
    if (this.missingSinceMs.size >= MOST_MISSING) this.missingSinceMs.delete(this.missingSinceMs.keys().next().value ?? '');
    this.missingSinceMs.set(key, nowMs);
    return nowMs;
  }
}

export function installKey({ installationId, generation }: Install): string {
  return `${installationId}.${generation}`;
}
