// A claim costs a query: an endpoint that takes one request at a time must not cost one each. What a slow endpoint cannot begin in time goes back.
export const LEAST_TO_FOLLOW = 20;
// At 500 a claim, some 15 ms of work, one app's backlog of 100,000 is drained as fast as its endpoint takes it.
const MOST_TO_FOLLOW = 500;
const QUICK_MS = 500;
const FORGET_MS = 5000;

interface Last {
  follow: number;
  claimedAtMs: number;
  isWorkedOff: boolean;
}

/**
 * How many of an app's waiting deliveries to claim beyond those that start at once. It doubles whenever a claim was worked off quickly, so
 * that a deep backlog of a fast endpoint does not wait for the next claim most of the time; it begins anew when one was not.
 */
export class Followers {
  private readonly last = new Map<string, Last>();

  constructor(private readonly clock: () => number = () => performance.now()) {}

  of(appId: string): number {
    return this.last.get(appId)?.follow ?? LEAST_TO_FOLLOW;
  }

  claimed(appId: string): void {
    this.last.set(appId, { follow: this.of(appId), claimedAtMs: this.clock(), isWorkedOff: false });
  }

  /** Nothing that was claimed of the app is left in its lane; what is told again, of each request under way, counts for nothing. */
  ranEmpty(appId: string): void {
    const last = this.last.get(appId);
    if (last === undefined || last.isWorkedOff) return;
    last.isWorkedOff = true;
    last.follow = this.clock() - last.claimedAtMs < QUICK_MS ? Math.min(MOST_TO_FOLLOW, 2 * last.follow) : LEAST_TO_FOLLOW;
  }

  forgetIdle(): void {
    const nowMs = this.clock();
    for (const [appId, { claimedAtMs }] of this.last) if (nowMs - claimedAtMs > FORGET_MS) this.last.delete(appId);
  }
}
