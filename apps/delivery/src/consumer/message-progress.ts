import type { ConsumedBatch } from '@hookwright/kafka';
import type { End } from '../in-work/in-work.ts';

/** One message: finished when each of its deliveries has a recorded outcome; left when one of them was left. */
export class MessageProgress {
  private anyLeft = false;

  constructor(
    private readonly batch: Pick<ConsumedBatch, 'done' | 'leave'>,
    private readonly offset: string,
    private unfinished: number,
  ) {}

  /** One of its deliveries ended. */
  readonly onEnd = (end: End): void => {
    if (end === 'left') this.anyLeft = true;
    if (--this.unfinished > 0) return;
    if (this.anyLeft) this.batch.leave(this.offset);
    else this.batch.done(this.offset);
  };
}
