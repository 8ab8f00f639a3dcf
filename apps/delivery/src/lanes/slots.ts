/** What a lane has of the worker's slots. */
export interface SlotHolder {
  /** Its requests that have become slow and are still under way. */
  slow: number;
}

/** One request's hold on the worker: young -> (slow ->) answered -> recorded. */
export interface Slot {
  readonly holder: SlotHolder;
  readonly startedAtMs: number;
  state: 'young' | 'slow' | 'answered' | 'recorded';
}

export interface SlotBounds {
  /** Young requests under way at once. */
  readonly concurrency: number;
  /** Requests answered and not recorded: a worker that is killed repeats them. At the bound no request begins. */
  readonly unrecorded: number;
  /** Slow requests, past which an endpoint that has one under way gets no further. */
  readonly slow: number;
  /** A request under way for so long is slow. */
  readonly slowAfterMs: number;
}

export interface SlotsOptions {
  readonly bounds: SlotBounds;
  readonly clock: () => number;
  /** A slot may be free that was not. */
  readonly onFree: () => void;
}

// How long a worker that ran out of slots counts as one that is short of them.
const SHORT_FOR_MS = 100;
// Few: what has gone holds its lane in memory until then.
const COMPACT_AT = 64;

/**
 * Bounds what a worker has sent and not recorded, because that is sent again after a crash (row R1 of the fault table). A request whose
 * endpoint takes its time gives its slot back: many slow endpoints must not hold up the fast ones, nor a hundred dead ones all others.
 */
export class Slots {
  private youngCount = 0;
  private slowCount = 0;
  private answeredCount = 0;
  /** By the time of their start, from `front` on; some of them are not young any more. */
  private young: Slot[] = [];
  private front = 0;
  private shortAtMs = -Infinity;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: SlotsOptions) {}

  /** Whether one more request may begin. False: `onFree` tells when to ask again. */
  isFree(): boolean {
    const { concurrency, unrecorded } = this.options.bounds;
    if (this.youngCount < concurrency && this.answeredCount < unrecorded) return true;
    const nowMs = this.options.clock();
    this.shortAtMs = nowMs;
    if (this.answeredCount >= unrecorded) return false;
    this.ageTo(nowMs);
    if (this.youngCount < concurrency) return true;
    this.wakeWhenSlow(nowMs);
    return false;
  }

  /** Whether the holder may have one more. False: its own requests under way are slow, as are too many others. */
  isFreeFor({ slow }: SlotHolder): boolean {
    return slow === 0 || this.slowCount < this.options.bounds.slow;
  }

  /** Whether requests had to wait for the worker lately. */
  isShort(nowMs: number): boolean {
    return nowMs - this.shortAtMs < SHORT_FOR_MS;
  }

  take(holder: SlotHolder): Slot {
    const slot: Slot = { holder, startedAtMs: this.options.clock(), state: 'young' };
    this.young.push(slot);
    this.youngCount++;
    if (this.young.length >= COMPACT_AT) this.ageTo(slot.startedAtMs);
    return slot;
  }

  /** The request is over. */
  answered(slot: Slot): void {
    if (slot.state === 'slow') {
      this.slowCount--;
      slot.holder.slow--;
    } else this.youngCount--;
    this.answeredCount++;
    slot.state = 'answered';
  }

  /** What came of it is in the database, or there was nothing to record. */
  recorded(slot: Slot): void {
    slot.state = 'recorded';
    this.answeredCount--;
    this.options.onFree();
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private ageTo(nowMs: number): void {
    const bornBeforeMs = nowMs - this.options.bounds.slowAfterMs;
    for (let slot = this.young[this.front]; slot !== undefined; slot = this.young[++this.front]) {
      if (slot.state !== 'young') continue;
      if (slot.startedAtMs > bornBeforeMs) break;
      this.turnSlow(slot);
    }
    if (this.front < COMPACT_AT / 2) return;
    this.young = this.young.slice(this.front);
    this.front = 0;
  }

  private turnSlow(slot: Slot): void {
    slot.state = 'slow';
    slot.holder.slow++;
    this.slowCount++;
    this.youngCount--;
  }

  private wakeWhenSlow(nowMs: number): void {
    const oldest = this.young[this.front];
    if (this.timer !== undefined || oldest === undefined) return;
    const inMs = oldest.startedAtMs + this.options.bounds.slowAfterMs - nowMs;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.options.onFree();
    }, inMs);
  }
}
