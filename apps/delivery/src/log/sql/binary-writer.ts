/** Types of PostgreSQL that are sent in binary, with their object ids (pg_type.oid, the same in every installation). */
export const OIDS = { text: 25, bytea: 17, int: 23, float8: 701, timestamptz: 1184, json: 114 } as const;

export type FieldType = keyof typeof OIDS;
/** Text and json are strings, timestamptz is milliseconds since the epoch. */
export type Field = string | Buffer | number | null | undefined;

const NULL_LENGTH = -1;
// A UTF-16 unit is at most three bytes of UTF-8.
const MOST_UTF8_BYTES = 3;
const FIRST_BYTES = 65_536;
const KEPT_BYTES = 16 * FIRST_BYTES;
// PostgreSQL counts microseconds from the year 2000.
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0);
const TWO_TO_THE_32 = 2 ** 32;

/** One buffer for all that is written, one after the other; what was written is copied out of it. */
let scratch = Buffer.allocUnsafe(FIRST_BYTES);

/** Writes values as PostgreSQL's binary formats have them. Throws a RangeError for a number that its type cannot hold. */
export class BinaryWriter {
  private at = 0;

  raw(bytes: Buffer): this {
    this.need(bytes.length);
    this.at += bytes.copy(scratch, this.at);
    return this;
  }

  int16(value: number): this {
    this.need(2);
    this.at = scratch.writeInt16BE(value, this.at);
    return this;
  }

  int32(value: number): this {
    this.need(4);
    this.at = scratch.writeInt32BE(value, this.at);
    return this;
  }

  /** A value behind its length, or NULL. */
  field(type: FieldType, value: Field): void {
    if (value === null || value === undefined) this.int32(NULL_LENGTH);
    else if (typeof value === 'string') this.text(value);
    else if (typeof value !== 'number') this.int32(value.length).raw(value);
    else if (type === 'int') this.int32(4).int32(value);
    else if (type === 'timestamptz') this.int32(8).time(value);
    else this.int32(8).double(value);
  }

  /** What was written. */
  taken(): Buffer {
    const bytes = Buffer.from(scratch.subarray(0, this.at));
    // What one batch of large events needed is not kept.
    if (scratch.length > KEPT_BYTES) scratch = Buffer.allocUnsafe(FIRST_BYTES);
    return bytes;
  }

  private text(value: string): void {
    this.need(4 + value.length * MOST_UTF8_BYTES);
    const length = scratch.write(value, this.at + 4);
    scratch.writeInt32BE(length, this.at);
    this.at += 4 + length;
  }

  private double(value: number): void {
    this.need(8);
    this.at = scratch.writeDoubleBE(value, this.at);
  }

  private time(ms: number): void {
    if (!Number.isFinite(ms)) throw new RangeError(`${ms} is no time`);
    const microseconds = Math.round((ms - POSTGRES_EPOCH_MS) * 1000);
    const high = Math.floor(microseconds / TWO_TO_THE_32);
    this.int32(high);
    this.need(4);
    this.at = scratch.writeUInt32BE(microseconds - high * TWO_TO_THE_32, this.at);
  }

  private need(bytes: number): void {
    if (this.at + bytes <= scratch.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * scratch.length, this.at + bytes));
    scratch.copy(larger, 0, 0, this.at);
    scratch = larger;
  }
}
