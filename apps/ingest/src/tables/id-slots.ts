/** The answer when there is no slot. */
export const NONE = -1;

// An installation id has 30 characters (contracts, newId); one byte of each 32 says how many are used.
const ID_BYTES = 32;
const ID_WORDS = ID_BYTES / 4;
const FIRST_CAPACITY = 1024;
// Growing by a quarter wastes a fifth at worst; the copying adds up to four times the final size, over the whole life.
const GROWTH = 1.25;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * Gives each id a slot number, and a freed number to the next new id. It is a hash table in typed arrays: 32 bytes for the id, 4 for the
 * chain and 4 to 8 for the buckets, where a string with its Map entry takes over 100 bytes and is work for the garbage collector.
 */
export class IdSlots {
  private ids = Buffer.alloc(FIRST_CAPACITY * ID_BYTES);
  private words = wordsOf(this.ids);
  /** Slot → next slot in the same bucket, or next free slot. */
  private next = new Int32Array(FIRST_CAPACITY);
  /** Hash → first slot. Its length is a power of two. */
  private buckets = new Int32Array(FIRST_CAPACITY).fill(NONE);
  private free = NONE;
  private used = 0;
  private count = 0;
  private readonly wanted = Buffer.alloc(ID_BYTES);
  private readonly wantedWords = wordsOf(this.wanted);

  get size(): number {
    return this.count;
  }

  /** How many slots there is room for. Slots are below it. */
  get capacity(): number {
    return this.next.length;
  }

  find(id: string): number {
    if (!this.want(id)) return NONE;
    let slot = this.buckets[this.bucketOf(this.wantedWords, 0)] ?? NONE;
    while (slot !== NONE && !this.isWanted(slot)) slot = this.next[slot] ?? NONE;
    return slot;
  }

  /** A slot for an id that has none yet. Throws RangeError for an id that cannot be the registry's. */
  add(id: string): number {
    if (!this.want(id)) throw new RangeError('an installation id has at most 31 Latin characters');
    const slot = this.takeSlot();
    this.words.set(this.wantedWords, slot * ID_WORDS);
    this.link(slot);
    this.count++;
    return slot;
  }

  /** Frees the id's slot and says which it was. */
  remove(id: string): number {
    const slot = this.find(id);
    if (slot === NONE) return NONE;
    this.unlink(slot);
    this.next[slot] = this.free;
    this.free = slot;
    this.count--;
    return slot;
  }

  idOf(slot: number): string {
    const start = slot * ID_BYTES;
    return this.ids.toString('latin1', start + 1, start + 1 + (this.ids[start] ?? 0));
  }

  /** Lays the id's bytes ready for comparing; false when no id can look like that. */
  private want(id: string): boolean {
    if (id.length === 0 || id.length >= ID_BYTES) return false;
    this.wanted.fill(0);
    this.wanted[0] = id.length;
    for (let at = 0; at < id.length; at++) {
      const code = id.charCodeAt(at);
      if (code > 0xff) return false;
      this.wanted[at + 1] = code;
    }
    return true;
  }

  private isWanted(slot: number): boolean {
    const start = slot * ID_WORDS;
    for (let at = 0; at < ID_WORDS; at++) if (this.words[start + at] !== this.wantedWords[at]) return false;
    return true;
  }

  private takeSlot(): number {
    if (this.free !== NONE) {
      const slot = this.free;
      this.free = this.next[slot] ?? NONE;
      return slot;
    }
    if (this.used === this.capacity) this.grow();
    return this.used++;
  }

  private grow(): void {
    const capacity = Math.ceil(this.capacity * GROWTH);
    const ids = Buffer.alloc(capacity * ID_BYTES);
    ids.set(this.ids);
    this.ids = ids;
    this.words = wordsOf(ids);
    this.next = new Int32Array(capacity);
    // Two ids a bucket: ids are looked up when a snapshot comes, never for an event.
    if (capacity > 2 * this.buckets.length) this.buckets = new Int32Array(this.buckets.length * 2);
    this.buckets.fill(NONE);
    // Growing happens only when no slot is free, so all of them hold an id.
    for (let slot = 0; slot < this.used; slot++) this.link(slot);
  }

  private link(slot: number): void {
    const bucket = this.bucketOf(this.words, slot * ID_WORDS);
    this.next[slot] = this.buckets[bucket] ?? NONE;
    this.buckets[bucket] = slot;
  }

  private unlink(slot: number): void {
    const bucket = this.bucketOf(this.words, slot * ID_WORDS);
    const after = this.next[slot] ?? NONE;
    let at = this.buckets[bucket] ?? NONE;
    if (at === slot) this.buckets[bucket] = after;
    while (at !== slot) {
      const following = this.next[at] ?? NONE;
      if (following === slot) this.next[at] = after;
      at = following;
    }
  }

  private bucketOf(words: Int32Array, start: number): number {
    let hash = FNV_OFFSET;
    for (let at = start; at < start + ID_WORDS; at++) hash = Math.imul(hash ^ (words[at] ?? 0), FNV_PRIME);
    // FNV over words leaves its low bits weak.
    hash ^= hash >>> 15;
    return hash & (this.buckets.length - 1);
  }
}

function wordsOf(bytes: Buffer): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}
