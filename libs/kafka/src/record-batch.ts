import type { IHeaders, KafkaMessage } from 'kafkajs';
import { ByteReader } from './byte-reader.ts';
import { TooLargeUnpacked, unpack } from './codecs.ts';

/** Records that the broker holds and nobody can use: they stay where they are, and are named by their offsets. */
export interface UnreadableBatch {
  readonly firstOffset: string;
  readonly lastOffset: string;
  readonly records: number;
  /** As the broker holds it. */
  readonly bytes: number;
  readonly reason: 'too_large' | 'unreadable';
  readonly detail: string;
}

/** A message, or what stands for a batch of them that cannot be read: without key and value, at the batch's last offset. */
export type FetchedMessage = KafkaMessage & { readonly unreadable?: UnreadableBatch };

/** What kafkajs looks at to leave out control records and those of aborted transactions. */
export interface FetchedRecord {
  readonly offset: string;
  readonly timestamp: string;
  readonly attributes: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: IHeaders;
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean; readonly isControlBatch: boolean };
  readonly unreadable?: UnreadableBatch;
}

interface BatchHeader {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly magic: number;
  readonly codec: number;
  readonly firstTimestamp: number;
  /** Of all records, where the broker stamps them. */
  readonly appendTimestamp: string | undefined;
  readonly records: number;
  readonly isControlBatch: boolean;
  readonly context: FetchedRecord['batchContext'];
}

// A record batch: firstOffset int64, length int32 of all behind it, leader epoch int32, magic int8, crc int32, attributes int16…
const PREFIX_BYTES = 12;
const HEADER_BYTES = 49;
const MAGIC = 2;
const CODEC = 0x07;
const APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/**
 * Reads the next record batch of a partition (message format 2, Kafka ≥ 0.11) and puts its records into `into`. Answers how many bytes
 * they have unpacked, or undefined when the batch is not all there: the broker cuts the last one. What cannot be read, or has too many
 * bytes unpacked, is passed over: one record stands for it.
 */
export async function readBatch(reader: ByteReader, into: FetchedRecord[]): Promise<number | undefined> {
  if (reader.left < PREFIX_BYTES + HEADER_BYTES) return undefined;
  const firstOffset = reader.int64();
  const length = reader.int32();
  if (length < HEADER_BYTES || reader.left < length) return undefined;
  const body = new ByteReader(reader.bytes, reader.at, reader.at + length);
  reader.at += length;
  const header = readHeader(body, firstOffset);
  const begin = into.length;
  try {
    const packed = body.slice(body.left);
    if (header.magic !== MAGIC) throw new Error(`message format ${header.magic} is not read`);
    const records = header.codec === 0 ? packed : await unpack(header.codec, packed);
    readRecords(new ByteReader(records), header, into);
    return records.length;
  } catch (error) {
    into.length = begin;
    into.push(unreadable(header, length, error as Error));
    return 0;
  }
}

function readHeader(body: ByteReader, firstOffset: number): BatchHeader {
  body.int32();
  const magic = body.int8();
  body.int32();
  const attributes = body.int16();
  const lastOffset = firstOffset + body.int32();
  const firstTimestamp = body.int64();
  const maxTimestamp = body.int64();
  const producerId = body.int64Text();
  body.int16();
  body.int32();
  const isControlBatch = (attributes & CONTROL) !== 0;
  return {
    firstOffset,
    lastOffset,
    magic,
    codec: attributes & CODEC,
    firstTimestamp,
    appendTimestamp: (attributes & APPEND_TIME) === 0 ? undefined : String(maxTimestamp),
    records: body.int32(),
    isControlBatch,
    context: { producerId, inTransaction: (attributes & TRANSACTIONAL) !== 0, isControlBatch },
  };
}

function readRecords(reader: ByteReader, header: BatchHeader, into: FetchedRecord[]): void {
  let last = header.firstOffset - 1;
  for (let n = 0; n < header.records; n++) {
    const end = reader.varint() + reader.at;
    const attributes = reader.int8();
    const timestampDelta = reader.varint();
    last = header.firstOffset + reader.varint();
    into.push({
      offset: String(last),
      timestamp: header.appendTimestamp ?? String(header.firstTimestamp + timestampDelta),
      attributes,
      key: reader.varBytes(),
      value: reader.varBytes(),
      headers: readHeaders(reader),
      isControlRecord: header.isControlBatch,
      batchContext: header.context,
    });
    reader.at = end;
  }
  // Compaction has taken the end of the batch, or all of it: kafkajs must pass over it all the same.
  if (last < header.lastOffset) into.push({ ...nothingAt(header), isControlRecord: true });
}

/** Without a prototype: a header may be called `constructor` or `__proto__`. */
function readHeaders(reader: ByteReader): IHeaders {
  const headers = Object.create(null) as Record<string, unknown>;
  const count = reader.varint();
  for (let n = 0; n < count; n++) {
    const name = (reader.varBytes() ?? Buffer.alloc(0)).toString('utf8');
    const value = reader.varBytes();
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else headers[name] = [before, value];
  }
  return headers as IHeaders;
}

function unreadable(header: BatchHeader, bytes: number, error: Error): FetchedRecord {
  return {
    ...nothingAt(header),
    unreadable: {
      firstOffset: String(header.firstOffset),
      lastOffset: String(header.lastOffset),
      records: header.records,
      bytes,
      reason: error instanceof TooLargeUnpacked ? 'too_large' : 'unreadable',
      detail: error.message,
    },
  };
}

function nothingAt({ lastOffset, firstTimestamp, context }: BatchHeader): FetchedRecord {
  return {
    offset: String(lastOffset),
    timestamp: String(firstTimestamp),
    attributes: 0,
    key: null,
    value: null,
    headers: {},
    isControlRecord: false,
    batchContext: context,
  };
}
