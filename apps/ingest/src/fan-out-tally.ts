import type { FanOut } from './fan-out.ts';
import { appsMatched, deadLetters, eventsConsumed, eventsMatched, eventsUnmatched } from './metrics.ts';

/** Counts a batch's results, and adds them to the metrics at once when the batch is finished: one that comes again counts once. */
export class FanOutTally {
  private total = 0;
  private matched = 0;
  private unmatched = 0;
  private apps = 0;
  private readonly dead = new Map<string, number>();

  constructor(private readonly topic: string) {}

  add(result: FanOut): void {
    this.total++;
    if (result.kind === 'unmatched') this.unmatched++;
    else if (result.kind === 'dead') this.dead.set(result.reason, (this.dead.get(result.reason) ?? 0) + 1);
    else {
      this.matched++;
      this.apps += result.apps.length;
    }
  }

  count(): void {
    eventsConsumed.inc({ topic: this.topic }, this.total);
    eventsMatched.inc(this.matched);
    eventsUnmatched.inc(this.unmatched);
    appsMatched.inc(this.apps);
    for (const [reason, count] of this.dead) deadLetters.inc({ reason }, count);
  }
}
