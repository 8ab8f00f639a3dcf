import { create } from '@bufbuild/protobuf';
import { type InstallationSnapshot, InstallationStatus, type MatchedApp, MatchedAppSchema } from '@hookwright/contracts';
import type { AppIndex } from './app-index.ts';
import { IdSlots, NONE } from './id-slots.ts';
import { MerchantIndex } from './merchant-index.ts';
import { NewInstallations } from './new-installations.ts';
import { PlaceBlocks } from './place-blocks.ts';
import { ScopeSets } from './scope-sets.ts';

export { NONE } from './id-slots.ts';

// What is known of an installation at its place.
const APP = 0;
const SCOPES = 1;
const GENERATION = 2;
/** Of its id, in IdSlots. */
const SLOT = 3;

/**
 * The installations that events are sent for, by merchant, from registry.installations. Others (waiting for consent, suspended, revoked)
 * are not in it. An installation is named by its place, which is valid until the table changes.
 *
 * All of a merchant's installations lie side by side: with a million of them in memory a look-up costs what it waits for memory, and
 * so it waits for two or three cache lines. Bytes an installation: 40 to 44 in IdSlots, 20 to 24 for its place, 4 for its merchant, up to a
 * quarter more where the arrays have just grown, its share of the merchant (about 60), and 2 for the day it was installed. Merchants stay
 * known after their last one went.
 */
export class InstallationTable {
  private readonly slots = new IdSlots();
  private readonly scopeSets = new ScopeSets();
  private readonly merchants = new MerchantIndex();
  private readonly blocks = new PlaceBlocks();
  /** Slot of the id → the merchant's block. */
  private blockOfSlot = new Int32Array(this.slots.capacity);
  private readonly newOnes: NewInstallations;

  constructor(
    private readonly apps: AppIndex,
    clock: () => number = Date.now,
  ) {
    this.newOnes = new NewInstallations(clock);
  }

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
    if (slot !== NONE) this.blocks.remove(this.blockOfSlot[slot] ?? NONE, { field: SLOT, value: slot });
  }

  /** The merchant's first installation, or NONE. */
  firstOf(merchantId: string): number {
    const block = this.merchants.get(merchantId);
    return block === NONE ? NONE : this.blocks.firstOf(block);
  }

  /** The same merchant's next installation, or NONE. */
  after(place: number): number {
    return this.blocks.after(place);
  }

  /** The number of the installed app. */
  appOf(place: number): number {
    return this.blocks.field(place, APP);
  }

  /** Whether the merchant granted the scope; the empty one always. */
  covers(place: number, scope: string): boolean {
    return this.scopeSets.covers(this.blocks.field(place, SCOPES), scope);
  }

  /** The app and its installation as they go with an event. */
  matchedApp(place: number): MatchedApp {
    const slot = this.blocks.field(place, SLOT);
    return create(MatchedAppSchema, {
      appId: this.apps.idOf(this.appOf(place)),
      installationId: this.slots.idOf(slot),
      generation: this.blocks.field(place, GENERATION) >>> 0,
      afterCreated: this.newOnes.has(slot),
    });
  }

  private insert({ installationId, appId, merchantId, grantedScopes, generation, createdEventAtMs }: InstallationSnapshot): void {
    const slot = this.slots.add(installationId);
    if (this.blockOfSlot.length < this.slots.capacity) this.grow();
    const block = this.blockOf(merchantId);
    this.blocks.add(block, [this.apps.numberOf(appId), this.scopeSets.numberOf(grantedScopes), generation, slot]);
    this.blockOfSlot[slot] = block;
    this.newOnes.set(slot, Number(createdEventAtMs));
  }

  private blockOf(merchantId: string): number {
    const known = this.merchants.get(merchantId);
    if (known !== NONE) return known;
    const block = this.blocks.addBlock();
    this.merchants.set(merchantId, block);
    return block;
  }

  private grow(): void {
    const blockOfSlot = new Int32Array(this.slots.capacity);
    blockOfSlot.set(this.blockOfSlot);
    this.blockOfSlot = blockOfSlot;
  }
}

/** An app whose permissions were widened keeps working with the old scopes until the merchant agrees (api.md, Apps). */
function isSentFor(status: InstallationStatus): boolean {
  return status === InstallationStatus.ACTIVE || status === InstallationStatus.PENDING_PERMISSION_UPGRADE;
}
