/** How a delivery's stay in this worker ended: recorded in Postgres, or left to whoever gets it next. */
export type End = 'recorded' | 'left';

export interface Stay {
  readonly bytes: number;
  readonly onEnd: (end: End) => void;
  /** False when somebody else will make the delivery: its partition or its lease went to another worker. */
  readonly isOurs: () => boolean;
  /** Begins the delivery: asked of a copy that is still ours when the first one is left. A copy without it is left too. */
  readonly begin?: () => void;
}

interface Entry {
  /** Undefined when it has ended. */
  stay: Stay | undefined;
  /** Of the same delivery, which came while it was in work. */
  copies: Stay[] | undefined;
}

/** Bounds of what a worker holds. */
export interface WorkBounds {
  readonly deliveries: number;
  readonly bytes: number;
}

/**
 * The deliveries a worker has in its hands, from being taken until being recorded. Bounded: at the bound nothing more is fetched. A copy
 * that comes meanwhile (an event published twice) is not sent: it is recorded with the first, or takes its place when that is left, e.g. because
 * its partition had moved away and has come back.
 */
export class InWork {
  private readonly entries = new Map<string, Entry>();
  // Not a Set, which keeps what has left it as a Map does (see `end`); no more than the partitions wait.
  private readonly waitingForRoom: (() => void)[] = [];
  private readonly waitingForEnd: (() => void)[] = [];
  private isLettingIn = false;
  private bytes = 0;
  private isClosed = false;

  constructor(private readonly bounds: WorkBounds) {}

  get size(): number {
    return this.entries.size;
  }

  /** How many deliveries may be in work. */
  get bound(): number {
    return this.bounds.deliveries;
  }

  /** How many more deliveries may be taken. */
  get free(): number {
    return this.freeBytes === 0 ? 0 : Math.max(0, this.bounds.deliveries - this.entries.size);
  }

  /** How many bytes of events may be taken. */
  get freeBytes(): number {
    return Math.max(0, this.bounds.bytes - this.bytes);
  }

  /** Takes a delivery. False when it is in work already: `onEnd` is then told how that one ended. */
  take(id: string, stay: Stay): boolean {
    const entry = this.entries.get(id);
    if (entry !== undefined) {
      (entry.copies ??= []).push(stay);
      return false;
    }
    this.enter(id, stay);
    return true;
  }

  isOurs(id: string): boolean {
    return this.entries.get(id)?.stay?.isOurs() ?? false;
  }

  end(id: string, end: End): void {
    const entry = this.entries.get(id);
    if (entry?.stay === undefined) return;
    const { stay, copies } = entry;
    this.entries.delete(id);
    // V8 copies a Map's table when it is full of deleted entries, and the old table, entries and all, points to the new one. Once one of them
    // was old enough to be collected last, all after it are, with what they hold (docs/performance.md).
    entry.stay = undefined;
    entry.copies = undefined;
    this.bytes -= stay.bytes;
    stay.onEnd(end);
    if (copies !== undefined && !this.isContinued(id, end, copies)) for (const { onEnd } of copies) onEnd(end);
    if (this.free > 0 && !this.isClosed) this.letOneIn();
    if (this.entries.size === 0) for (const resolve of this.waitingForEnd.splice(0)) resolve();
  }

  /** Resolves when there is room, or the signal is aborted. A batch may then exceed the bound: one at a time is let in. */
  async room(signal: AbortSignal): Promise<void> {
    while ((this.free === 0 || this.isClosed) && !signal.aborted) await this.nextRoom(signal);
  }

  /** There is no room any more. */
  close(): void {
    this.isClosed = true;
  }

  private enter(id: string, stay: Stay, copies?: Stay[]): void {
    this.entries.set(id, { stay, copies });
    this.bytes += stay.bytes;
  }

  /** Whether one of the copies goes on where the first was left. */
  private isContinued(id: string, end: End, copies: readonly Stay[]): boolean {
    if (end === 'recorded' || this.isClosed) return false;
    const heir = copies.find(({ begin, isOurs }) => begin !== undefined && isOurs());
    if (heir === undefined) return false;
    this.enter(
      id,
      heir,
      copies.filter((copy) => copy !== heir),
    );
    heir.begin?.();
    return true;
  }

  private nextRoom(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        const at = this.waitingForRoom.indexOf(go);
        if (at !== -1) this.waitingForRoom.splice(at, 1);
        signal.removeEventListener('abort', go);
        resolve();
      };
      this.waitingForRoom.push(go);
      signal.addEventListener('abort', go);
    });
  }

  /** Many deliveries end in one go; the next is let in when the one before has taken what it came for. */
  private letOneIn(): void {
    const [first] = this.waitingForRoom;
    if (first === undefined || this.isLettingIn) return;
    this.isLettingIn = true;
    first();
    setImmediate(() => {
      this.isLettingIn = false;
      if (this.free > 0 && !this.isClosed) this.letOneIn();
    });
  }

  /** Resolves when nothing is in work. */
  async empty(): Promise<void> {
    if (this.entries.size > 0) await new Promise<void>((resolve) => this.waitingForEnd.push(resolve));
  }
}
