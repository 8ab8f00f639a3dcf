/** Reads Kafka's wire format from the front of some bytes. Reading beyond the end throws RangeError. */
export class ByteReader {
  constructor(
    readonly bytes: Buffer,
    public at = 0,
    readonly end: number = bytes.length,
  ) {}

  get left(): number {
    return this.end - this.at;
  }

  int8(): number {
    const value = this.bytes.readInt8(this.at);
    this.at += 1;
    return value;
  }

  int16(): number {
    const value = this.bytes.readInt16BE(this.at);
    this.at += 2;
    return value;
  }

  int32(): number {
    const value = this.bytes.readInt32BE(this.at);
    this.at += 4;
    return value;
  }

  /** Offsets and times are far below 2^53. */
  int64(): number {
    const value = this.bytes.readInt32BE(this.at) * 2 ** 32 + this.bytes.readUInt32BE(this.at + 4);
    this.at += 8;
    return value;
  }

  /** All 64 bits, as text. */
  int64Text(): string {
    const value = this.bytes.readBigInt64BE(this.at);
    this.at += 8;
    return value.toString();
  }

  text(): string {
    const length = this.int16();
    return this.slice(Math.max(0, length)).toString('utf8');
  }

  /** Zigzag of up to 64 bits; exact up to 2^53. */
  varint(): number {
    let byte = this.byte();
    // Most are one byte: deltas, lengths of short texts.
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    let weight = 128;
    do {
      byte = this.byte();
      value += (byte & 0x7f) * weight;
      weight *= 128;
    } while (byte >= 0x80);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Bytes after their length as a varint; null for the length -1. */
  varBytes(): Buffer | null {
    const length = this.varint();
    return length < 0 ? null : this.slice(length);
  }

  slice(length: number): Buffer {
    const end = this.at + length;
    if (end > this.end) throw new RangeError(`${length} bytes are more than the ${this.left} left`);
    const slice = this.bytes.subarray(this.at, end);
    this.at = end;
    return slice;
  }

  private byte(): number {
    if (this.at >= this.end) throw new RangeError('a number ends too early');
    return this.bytes[this.at++] ?? 0;
  }
}
