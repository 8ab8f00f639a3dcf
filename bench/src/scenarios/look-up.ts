export interface LookupResult {
  readonly lookups: number;
  /** Installations that were found, over all look-ups. */
  readonly found: number;
  /** CPU time of the whole process meanwhile: it does little else. */
  readonly cpuSeconds: number;
}

/** What is used of ingest's InstallationTable. */
interface Table {
  firstOf(merchantId: string): number;
  after(slot: number): number;
  covers(slot: number, scope: string): boolean;
  readonly size: number;
}

/**
 * Runs inside ingest (`this` is an array with its one table): nothing but its own text and arguments is there. Every merchant is looked
 * up, in an order that no cache likes, by a text that is new each time as a message's key is; a look-up visits all installations of the
 * merchant and asks whether each covers the scope, as the send rule does.
 */
export function lookUp(this: readonly Table[], merchants: number): LookupResult {
  const table = this.reduce((largest, each) => (each.size > largest.size ? each : largest));
  const NONE = table.firstOf('');
  // Prime, so that all merchants are visited; larger than what fits a cache line or page.
  const STRIDE = 7919;
  const ROUNDS = 10;
  let found = 0;
  let cpuMicros = 0;
  let merchant = 0;
  for (let round = 0; round <= ROUNDS; round++) {
    const keys = Array.from({ length: merchants }, () => {
      merchant = (merchant + STRIDE) % merchants;
      return Buffer.from(`mer_${merchant + 1}`).toString('utf8');
    });
    const before = process.cpuUsage();
    for (const key of keys) {
      for (let slot = table.firstOf(key); slot !== NONE; slot = table.after(slot)) if (table.covers(slot, 'orders.read')) found++;
    }
    const { user, system } = process.cpuUsage(before);
    // The first round only warms up.
    if (round > 0) cpuMicros += user + system;
    else found = 0;
  }
  return { lookups: merchants * ROUNDS, found, cpuSeconds: cpuMicros / 1e6 };
}
