const DAY_MS = 24 * 60 * 60 * 1000;
// What an app is to be told waits for 8 days at most (docs/delivery.md). One day more for clocks and topics that lag, and one that is lost
// by counting days.
const NEW_DAYS = 10;
const FIRST_SLOTS = 1024;
const GROWTH = 1.25;
const LAST_DAY = 0xffff;

/**
 * Which installations are so new that their app may not have been told of them (`partner_app.install.created`). It holds the day of each,
 * by its slot in IdSlots: two bytes, nothing to forget later, and nothing to look at while there has been no such installation.
 */
export class NewInstallations {
  /** Days since the epoch; 0: its app is not told. */
  private days = new Uint16Array(FIRST_SLOTS);
  private isAny = false;

  constructor(private readonly clock: () => number) {}

  /** `createdEventAtMs`: when the app was to be told of it; 0: never. */
  set(slot: number, createdEventAtMs: number): void {
    if (createdEventAtMs > 0) this.isAny = true;
    if (!this.isAny) return;
    if (slot >= this.days.length) this.grow(slot);
    this.days[slot] = Math.min(LAST_DAY, Math.floor(createdEventAtMs / DAY_MS));
  }

  has(slot: number): boolean {
    if (!this.isAny) return false;
    const day = this.days[slot] ?? 0;
    return day !== 0 && day > this.clock() / DAY_MS - NEW_DAYS;
  }

  private grow(slot: number): void {
    const days = new Uint16Array(Math.ceil((slot + 1) * GROWTH));
    days.set(this.days);
    this.days = days;
  }
}
