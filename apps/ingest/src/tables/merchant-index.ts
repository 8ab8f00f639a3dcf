import { NONE } from './id-slots.ts';

// A merchant's row in the hash table: its id's hash, where the id's bytes are, and the value. Read together, they are one cache line.
const HASH = 0;
const ID_AT = 1;
const VALUE = 2;
/** Four, so that no row lies across two cache lines. */
const FIELDS = 4;
const FIRST_ROWS = 1024;
const FIRST_ID_BYTES = 16_384;
// Linear probing stays short up to this load.
const MOST_LOAD = 0.7;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
// Merchant ids are ASCII of at most 64 characters (contracts, cloud-events.ts): their length fits the byte before them.
const MOST_CHARACTERS = 255;
const MOST_CODE = 0x7f;

/**
 * A number for each merchant, in typed arrays: a look-up touches two cache lines, where a Map of strings touches four and takes three
 * times the memory. Merchants are never removed.
 */
export class MerchantIndex {
  private rows = emptyRows(FIRST_ROWS);
  private ids = new Uint8Array(FIRST_ID_BYTES);
  private idsEnd = 0;
  private count = 0;

  /** The merchant's number, or NONE. */
  get(merchantId: string): number {
    const row = this.rowOf(merchantId, hashOf(merchantId));
    return (this.rows[row + ID_AT] ?? NONE) === NONE ? NONE : (this.rows[row + VALUE] ?? NONE);
  }

  /** Gives the merchant a number. Throws RangeError for an id that no merchant can have. */
  set(merchantId: string, value: number): void {
    const hash = hashOf(merchantId);
    const row = this.rowOf(merchantId, hash);
    if ((this.rows[row + ID_AT] ?? NONE) === NONE) {
      this.rows[row + HASH] = hash;
      this.rows[row + ID_AT] = this.storeId(merchantId);
      this.count++;
    }
    this.rows[row + VALUE] = value;
    if (this.count > MOST_LOAD * (this.rows.length / FIELDS)) this.grow();
  }

  /** Where the merchant's row begins, or the free one where it would be put. */
  private rowOf(merchantId: string, hash: number): number {
    const { rows } = this;
    const mask = rows.length - 1;
    let row = (hash * FIELDS) & mask;
    for (let idAt = rows[row + ID_AT] ?? NONE; idAt !== NONE; idAt = rows[row + ID_AT] ?? NONE) {
      if (rows[row + HASH] === hash && this.isId(idAt, merchantId)) break;
      row = (row + FIELDS) & mask;
    }
    return row;
  }

  private isId(idAt: number, merchantId: string): boolean {
    const { ids } = this;
    if (ids[idAt] !== merchantId.length) return false;
    for (let at = 0; at < merchantId.length; at++) if (ids[idAt + 1 + at] !== merchantId.charCodeAt(at)) return false;
    return true;
  }

  private storeId(merchantId: string): number {
    if (merchantId.length > MOST_CHARACTERS) throw new RangeError(`a merchant id has at most ${MOST_CHARACTERS} characters`);
    const start = this.idsEnd;
    if (start + 1 + merchantId.length > this.ids.length) {
      const ids = new Uint8Array(this.ids.length * 1.5 + MOST_CHARACTERS);
      ids.set(this.ids);
      this.ids = ids;
    }
    this.ids[start] = merchantId.length;
    for (let at = 0; at < merchantId.length; at++) {
      const code = merchantId.charCodeAt(at);
      if (code > MOST_CODE) throw new RangeError('a merchant id has ASCII characters only');
      this.ids[start + 1 + at] = code;
    }
    this.idsEnd = start + 1 + merchantId.length;
    return start;
  }

  private grow(): void {
    const before = this.rows;
    this.rows = emptyRows((before.length / FIELDS) * 2);
    const mask = this.rows.length - 1;
    for (let from = 0; from < before.length; from += FIELDS) {
      if (before[from + ID_AT] === NONE) continue;
      let row = ((before[from + HASH] ?? 0) * FIELDS) & mask;
      while (this.rows[row + ID_AT] !== NONE) row = (row + FIELDS) & mask;
      this.rows.set(before.subarray(from, from + FIELDS), row);
    }
  }
}

function emptyRows(count: number): Int32Array {
  return new Int32Array(count * FIELDS).fill(NONE);
}

function hashOf(text: string): number {
  let hash = FNV_OFFSET;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME);
  // Its low bits, which choose the row, are weak.
  return hash ^ (hash >>> 15);
}
