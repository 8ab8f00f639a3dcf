import { create } from '@bufbuild/protobuf';
import { type InstallationSnapshot, InstallationStatus, type MatchedApp, MatchedAppSchema } from '@hookwright/contracts';
import type { AppIndex } from './app-index.ts';
import { IdSlots, NONE } from './id-slots.ts';
import { ScopeSets } from './scope-sets.ts';

export { NONE } from './id-slots.ts';

// One installation's record: five numbers side by side, so that a look-up touches one cache line of it.
const APP = 0;
const SCOPES = 1;
const GENERATION = 2;
const MERCHANT = 3;
/** The merchant's next installation. */
const NEXT = 4;
const FIELDS = 5;

/**
 * The installations that events are sent for, by merchant, from registry.installations. Others (waiting for consent, suspended, revoked)
 * are not in it. An installation is named by its slot, which is valid until the table changes.
 *
 * Bytes an installation: 20 for its record, 40 to 44 in IdSlots, up to a quarter more where the arrays have just grown, and its share of the
 * merchant's name and Map entry (about 100 a merchant). Merchants stay known after their last installation went.
 */
export class InstallationTable {
  private readonly slots = new IdSlots();
  private readonly scopeSets = new ScopeSets();
  private readonly merchants = new Map<string, number>();
  /** Merchant → its first installation. */
  private readonly firsts: number[] = [];
  private records = new Int32Array(this.slots.capacity * FIELDS);

  constructor(private readonly apps: AppIndex) {}

  /** How many installations events are sent for. */
  get size(): number {
    return this.slots.size;
  }

  put(snapshot: InstallationSnapshot): void {
    this.remove(snapshot.installationId);
    if (isSentFor(snapshot.status)) this.insert(snapshot);
  }

  remove(installationId: string): void {
    const slot = this.slots.remove(installationId);
    if (slot !== NONE) this.unlink(slot);
  }

  /** The merchant's first installation, or NONE. */
  firstOf(merchantId: string): number {
    const merchant = this.merchants.get(merchantId);
    return merchant === undefined ? NONE : (this.firsts[merchant] ?? NONE);
  }

  /** The same merchant's next installation, or NONE. */
  after(slot: number): number {
    return this.field(slot, NEXT);
  }

  /** The number of the installed app. */
  appOf(slot: number): number {
    return this.field(slot, APP);
  }

  /** Whether the merchant granted the scope; the empty one always. */
  covers(slot: number, scope: string): boolean {
    return this.scopeSets.covers(this.field(slot, SCOPES), scope);
  }

  /** The app and its installation as they go with an event. */
  matchedApp(slot: number): MatchedApp {
    return create(MatchedAppSchema, {
      appId: this.apps.idOf(this.field(slot, APP)),
      installationId: this.slots.idOf(slot),
      generation: this.field(slot, GENERATION) >>> 0,
    });
  }

  private insert({ installationId, appId, merchantId, grantedScopes, generation }: InstallationSnapshot): void {
    const slot = this.slots.add(installationId);
    if (this.records.length < this.slots.capacity * FIELDS) this.grow();
    const merchant = this.merchantNumber(merchantId);
    const start = slot * FIELDS;
    this.records[start + APP] = this.apps.numberOf(appId);
    this.records[start + SCOPES] = this.scopeSets.numberOf(grantedScopes);
    this.records[start + GENERATION] = generation;
    this.records[start + MERCHANT] = merchant;
    this.records[start + NEXT] = this.firsts[merchant] ?? NONE;
    this.firsts[merchant] = slot;
  }

  private unlink(slot: number): void {
    const merchant = this.field(slot, MERCHANT);
    const after = this.field(slot, NEXT);
    let at = this.firsts[merchant] ?? NONE;
    if (at === slot) this.firsts[merchant] = after;
    while (at !== slot) {
      const following = this.field(at, NEXT);
      if (following === slot) this.records[at * FIELDS + NEXT] = after;
      at = following;
    }
  }

  private merchantNumber(merchantId: string): number {
    const known = this.merchants.get(merchantId);
    if (known !== undefined) return known;
    const merchant = this.firsts.push(NONE) - 1;
    this.merchants.set(merchantId, merchant);
    return merchant;
  }

  private grow(): void {
    const records = new Int32Array(this.slots.capacity * FIELDS);
    records.set(this.records);
    this.records = records;
  }

  private field(slot: number, field: number): number {
    const value = this.records[slot * FIELDS + field];
    if (value === undefined) throw new RangeError(`no installation has slot ${slot}`);
    return value;
  }
}

/** An app whose permissions were widened keeps working with the old scopes until the merchant agrees (api.md, Apps). */
function isSentFor(status: InstallationStatus): boolean {
  return status === InstallationStatus.ACTIVE || status === InstallationStatus.PENDING_PERMISSION_UPGRADE;
}
