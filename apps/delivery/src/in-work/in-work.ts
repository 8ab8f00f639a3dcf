/** How a delivery's stay in this worker ended: recorded in Postgres, or left to whoever gets it next. */
export type End = 'recorded' | 'left';

export interface Stay {
  readonly bytes: number;
  readonly onEnd: (end: End) => void;
  /** False when somebody else will make the delivery: its partition or its lease went to another worker. */
  readonly isOurs: () => boolean;
}

interface Entry {
  readonly stay: Stay;
  /** Ends of the copies of the same delivery that came while it was in work. */
  copies: ((end: End) => void)[] | undefined;
}

/** Bounds of what a worker holds. */
export interface WorkBounds {
  readonly deliveries: number;
  readonly bytes: number;
}

/**
 * The deliveries a worker has in its hands, from being taken until being recorded. Bounded: at the bound nothing more is fetched. A copy
 * that comes meanwhile (an event published twice) shares the fate of the first and is not sent.
 */
export class InWork {
  private readonly entries = new Map<string, Entry>();
  private readonly waitingForRoom = new Set<() => void>();
  private readonly waitingForEnd: (() => void)[] = [];
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
    return this.bytes >= this.bounds.bytes ? 0 : Math.max(0, this.bounds.deliveries - this.entries.size);
  }

  /** Takes a delivery. False when it is in work already: `onEnd` is then told how that one ended. */
  take(id: string, stay: Stay): boolean {
    const entry = this.entries.get(id);
    if (entry !== undefined) {
      (entry.copies ??= []).push(stay.onEnd);
      return false;
    }
    this.entries.set(id, { stay, copies: undefined });
    this.bytes += stay.bytes;
    return true;
  }

  isOurs(id: string): boolean {
    return this.entries.get(id)?.stay.isOurs() ?? false;
  }

  end(id: string, end: End): void {
    const entry = this.entries.get(id);
    if (entry === undefined) return;
    this.entries.delete(id);
    this.bytes -= entry.stay.bytes;
    entry.stay.onEnd(end);
    if (entry.copies !== undefined) for (const onEnd of entry.copies) onEnd(end);
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

  private nextRoom(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        this.waitingForRoom.delete(go);
        signal.removeEventListener('abort', go);
        resolve();
      };
      this.waitingForRoom.add(go);
      signal.addEventListener('abort', go);
    });
  }

  private letOneIn(): void {
    const first = this.waitingForRoom.values().next();
    if (first.done !== true) first.value();
  }

  /** Resolves when nothing is in work. */
  async empty(): Promise<void> {
    if (this.entries.size > 0) await new Promise<void>((resolve) => this.waitingForEnd.push(resolve));
  }
}
