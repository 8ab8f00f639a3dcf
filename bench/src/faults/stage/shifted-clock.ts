// Preloaded (node --import) into one worker by row T1: its wall clock is CLOCK_SHIFT_MS off, for everything in JavaScript. The monotonic
// clock, which timers and performance.now() go by, is as it was, as on a machine with a wrong clock.
const shiftMs = Number(process.env['CLOCK_SHIFT_MS'] ?? 0);
const RealDate = Date;

class ShiftedDate extends RealDate {
  constructor(...args: readonly unknown[]) {
    if (args.length === 0) super(RealDate.now() + shiftMs);
    else super(...(args as [number]));
  }

  static override now(): number {
    return RealDate.now() + shiftMs;
  }
}

globalThis.Date = ShiftedDate as DateConstructor;
