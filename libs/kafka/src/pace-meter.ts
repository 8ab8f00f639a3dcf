const WINDOW_MS = 1000;

/** How many a second, over the last one to two windows; from the start on while that is shorter. */
export class PaceMeter {
  private windowStartMs: number;
  private sinceMs: number;
  private count = 0;
  private before = 0;

  constructor(
    nowMs: number,
    private readonly windowMs = WINDOW_MS,
  ) {
    this.windowStartMs = nowMs;
    this.sinceMs = nowMs;
  }

  tick(nowMs: number, count = 1): void {
    this.turn(nowMs);
    this.count += count;
  }

  perSecond(nowMs: number): number {
    this.turn(nowMs);
    return ((this.before + this.count) * 1000) / Math.max(1, nowMs - this.sinceMs);
  }

  private turn(nowMs: number): void {
    const passedMs = nowMs - this.windowStartMs;
    if (passedMs < this.windowMs) return;
    const wasIdle = passedMs >= 2 * this.windowMs;
    this.before = wasIdle ? 0 : this.count;
    this.count = 0;
    this.sinceMs = wasIdle ? nowMs - this.windowMs : this.windowStartMs;
    this.windowStartMs = wasIdle ? nowMs : this.windowStartMs + this.windowMs;
  }
}
