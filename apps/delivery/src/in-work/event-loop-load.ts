import { performance } from 'node:perf_hooks';

// Longer than a batch takes, so that one does not make the worker busy; short against the time in which its room fills up.
const SAMPLE_MS = 100;
const BUSY_FROM = 0.8;

/** Whether the event loop hardly rests: then the worker, or the machine it shares, is what everything waits for. */
export class EventLoopLoad {
  private last = performance.eventLoopUtilization();
  private lastAtMs = performance.now();
  private isBusyNow = false;

  isBusy(nowMs = performance.now()): boolean {
    if (nowMs - this.lastAtMs >= SAMPLE_MS) {
      const current = performance.eventLoopUtilization();
      this.isBusyNow = performance.eventLoopUtilization(current, this.last).utilization >= BUSY_FROM;
      this.last = current;
      this.lastAtMs = nowMs;
    }
    return this.isBusyNow;
  }
}
