/**
 * Which messages of one partition are finished. Messages are taken in order and finish in any order; what may be committed
 * is the offset after the last message of the unbroken finished run at the front. Offsets may have gaps (compaction).
 */
export class OffsetTracker {
  /** Offsets taken and not yet passed by the committable position, ascending; those before `front` are passed. */
  private taken: number[] = [];
  private front = 0;
  /** Finished and not passed: something before them is unfinished. */
  private readonly finished = new Set<number>();
  /** Taken and never to be finished here: nothing from them on is committed. */
  private readonly left = new Set<number>();
  private position: number | undefined;

  /** False when the message was taken before: after a rebalance the broker sends again what was not committed. */
  take(offset: number): boolean {
    if (offset < this.next) return false;
    this.taken.push(offset);
    return true;
  }

  /** Gives back the messages from this offset on: they were not handled and will be taken again. Those already passed stay finished. */
  untake(from: number): void {
    let end = this.taken.length;
    while (end > this.front && (this.taken[end - 1] ?? -1) >= from) {
      const offset = this.taken[--end] ?? -1;
      this.finished.delete(offset);
      this.left.delete(offset);
    }
    this.taken.length = end;
    this.forgetPassed();
  }

  /** The message is finished. Saying so twice, or of a message that was not taken, changes nothing. */
  done(offset: number): void {
    if (!this.isUnfinished(offset)) return;
    this.left.delete(offset);
    this.finished.add(offset);
    let next = this.taken[this.front];
    while (next !== undefined && this.finished.delete(next)) {
      this.position = next + 1;
      next = this.taken[++this.front];
    }
    this.forgetPassed();
  }

  /** The message will not be finished here: it stays uncommitted, as does all behind it, and is waited for no more. */
  leave(offset: number): void {
    if (this.isUnfinished(offset) && !this.finished.has(offset)) this.left.add(offset);
  }

  /** The offset to commit, i.e. that of the next message to read; undefined before the first message is finished. */
  get committable(): number | undefined {
    return this.position;
  }

  /** The offset after the newest message taken; 0 before the first. */
  get next(): number {
    const newest = this.taken.at(-1);
    return newest === undefined ? (this.position ?? 0) : newest + 1;
  }

  /** How many messages are taken, not finished and not left. */
  get unfinished(): number {
    return this.taken.length - this.front - this.finished.size - this.left.size;
  }

  private isUnfinished(offset: number): boolean {
    if (offset < (this.position ?? 0)) return false;
    let low = this.front;
    let high = this.taken.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.taken[middle] ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return this.taken[low] === offset;
  }

  private forgetPassed(): void {
    // Slicing costs as much as there is left, so it waits for as much to have passed.
    if (this.front < 1024 && this.front < this.taken.length) return;
    this.taken = this.taken.slice(this.front);
    this.front = 0;
  }
}
