export interface LaneStanding {
  readonly queued: number;
  /** Requests that came back lately; Infinity while nothing is known of it. */
  readonly perSecond: number;
  /** It has as many requests under way as it may, or slow ones: what waits in it waits for the endpoint. */
  readonly isAtItsLimit: boolean;
}

export interface WorkerStanding {
  /** Deliveries it may still take… */
  readonly free: number;
  /** …of so many in all. */
  readonly bound: number;
  /** Requests of all lanes that came back lately. */
  readonly perSecond: number;
  /** Its event loop hardly rests, or requests wait for a slot of it. */
  readonly isBusy: boolean;
}

/** So little in a lane is never worth a row. */
export const ALWAYS = 20;
// A hundred dead endpoints then hold 37 of 4,000 each and leave 300 free (dynamic thresholds, Choudhury and Hahne 1998).
const SHARE_OF_FREE = 1 / 8;
const LONGEST_WAIT_SECONDS = 2;
const TURNS = 2;

/**
 * Whether a delivery would wait for its endpoint while others could use the room: then it is parked. Otherwise it is taken, and when the
 * worker is full it stops fetching.
 *
 * A lane may always have an eighth of the room that is left. Beyond, it must be fast: as it goes now it empties within two seconds. A worker
 * that is busy is a bottleneck itself, and slows all lanes: they may then take as long in addition as it needs for twice what it can hold.
 */
export function isEndpointTheBottleneck(lane: LaneStanding, worker: WorkerStanding): boolean {
  const { queued, perSecond, isAtItsLimit } = lane;
  if (!isAtItsLimit || queued < ALWAYS || queued < worker.free * SHARE_OF_FREE) return false;
  return queued / perSecond > LONGEST_WAIT_SECONDS + workersShare(worker);
}

/** How many seconds of a delivery's wait are the worker's own doing. */
export function workersShare({ isBusy, bound, perSecond }: Omit<WorkerStanding, 'free'>): number {
  return isBusy ? (TURNS * bound) / perSecond : 0;
}
