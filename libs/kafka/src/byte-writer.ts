type Text = Buffer | string;

export interface TopicPartitions<Partition> {
  readonly topic: string;
  readonly partitions: readonly Partition[];
}

/** Writes Kafka's wire format into bytes whose size was counted before. */
export class ByteWriter {
  at = 0;

  constructor(readonly bytes: Buffer) {}

  int8(value: number): void {
    this.at = this.bytes.writeInt8(value, this.at);
  }

  int16(value: number): void {
    this.at = this.bytes.writeInt16BE(value, this.at);
  }

  int32(value: number): void {
    this.at = this.bytes.writeInt32BE(value, this.at);
  }

  int64(value: number): void {
    this.int32(Math.floor(value / 2 ** 32));
    this.at = this.bytes.writeUInt32BE(value >>> 0, this.at);
  }

  text(value: string): void {
    this.int16(Buffer.byteLength(value));
    this.raw(value);
  }

  /** How many there are, and each of them. */
  list<Item>(items: readonly Item[], write: (item: Item) => void): void {
    this.int32(items.length);
    for (const item of items) write(item);
  }

  /** A list of topics, each with a list of what is said of its partitions. */
  topics<Partition>(topics: readonly TopicPartitions<Partition>[], write: (partition: Partition) => void): void {
    this.list(topics, ({ topic, partitions }) => {
      this.text(topic);
      this.list(partitions, write);
    });
  }

  /** Zigzag; exact up to 2^53. */
  varint(value: number): void {
    let rest = value < 0 ? -2 * value - 1 : 2 * value;
    while (rest >= 0x80) {
      this.bytes[this.at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.at++] = rest;
  }

  /** Bytes after their length as a varint; null as the length -1. */
  varBytes(value: Text | null): void {
    if (value === null) this.varint(-1);
    else {
      this.varint(byteLength(value));
      this.raw(value);
    }
  }

  private raw(value: Text): void {
    if (typeof value === 'string') this.at += this.bytes.write(value, this.at);
    else {
      this.bytes.set(value, this.at);
      this.at += value.length;
    }
  }
}

/** Of what `ByteWriter.topics` writes. */
export function sizeOfTopics<Partition>(
  topics: readonly TopicPartitions<Partition>[],
  sizeOfPartition: (partition: Partition) => number,
): number {
  let bytes = 4;
  for (const { topic, partitions } of topics) {
    bytes += 2 + Buffer.byteLength(topic) + 4;
    for (const partition of partitions) bytes += sizeOfPartition(partition);
  }
  return bytes;
}

export function sizeOfVarint(value: number): number {
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  let bytes = 1;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
}

export function sizeOfVarBytes(value: Text | null): number {
  if (value === null) return 1;
  const bytes = byteLength(value);
  return sizeOfVarint(bytes) + bytes;
}

function byteLength(value: Text): number {
  return typeof value === 'string' ? Buffer.byteLength(value) : value.length;
}
