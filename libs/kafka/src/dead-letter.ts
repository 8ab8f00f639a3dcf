import type { DeadReason } from '@hookwright/contracts';
import type { OutgoingMessage } from './outgoing-message.ts';
import type { FetchedMessage, UnreadableBatch } from './record-batch.ts';

/** Where a message was read, and why it cannot be used. */
export interface Death {
  readonly topic: string;
  readonly partition: number;
  readonly reason: DeadReason;
  /** A sentence for the operator. */
  readonly detail: string;
  readonly atMs: number;
}

type Header = string | Buffer | (string | Buffer)[];

// api.md: the value is cut at 64 KiB. The key and the headers get the same bound: a message that cannot be dead-lettered would block its partition for ever.
const MAX_BYTES = 65_536;

/**
 * The message as it goes to `<topic>.dead`: its key, headers and value, cut at 64 KiB each, with what happened to it (api.md). Published
 * again on `dead_topic` without the `dead_` headers, and with `dead_timestamp` as its time, it is the message it was, unless it was cut;
 * then the original is at `dead_topic`, `dead_partition`, `dead_offset`. A batch that cannot be read has no more than that place.
 */
export function deadLetter(message: FetchedMessage, death: Death): OutgoingMessage {
  const key = message.key?.subarray(0, MAX_BYTES) ?? null;
  const value = message.value?.subarray(0, MAX_BYTES) ?? null;
  const { kept, complete } = keptHeaders(message.headers);
  const isCut = !complete || key?.length !== message.key?.length || value?.length !== message.value?.length;
  const { unreadable } = message;
  return {
    key,
    value,
    headers: {
      ...kept,
      ...deathHeaders(message, death),
      ...(unreadable === undefined ? {} : batchHeaders(unreadable)),
      ...(isCut || unreadable !== undefined ? { dead_truncated: 'true' } : {}),
    },
  };
}

function deathHeaders(message: FetchedMessage, { topic, partition, reason, detail, atMs }: Death): Record<string, string> {
  return {
    dead_reason: reason,
    dead_detail: detail,
    dead_topic: topic,
    dead_partition: String(partition),
    dead_offset: message.offset,
    dead_timestamp: message.timestamp,
    dead_at: new Date(atMs).toISOString(),
  };
}

function batchHeaders({ firstOffset, lastOffset, records, bytes }: UnreadableBatch): Record<string, string> {
  return { dead_offset: firstOffset, dead_last_offset: lastOffset, dead_records: String(records), dead_bytes: String(bytes) };
}

function keptHeaders(headers: FetchedMessage['headers']): { kept: Record<string, Header>; complete: boolean } {
  const kept: [string, Header][] = [];
  let room = MAX_BYTES;
  let complete = true;
  for (const [name, header] of Object.entries(headers ?? {})) {
    const values = readable(header);
    room -= values.reduce((bytes, value) => bytes + Buffer.byteLength(name) + Buffer.byteLength(value), 0);
    if (room < 0) complete = false;
    else kept.push([name, values]);
  }
  // Not an object literal filled by assignment: a header may be called __proto__.
  return { kept: Object.fromEntries(kept), complete };
}

/** A header without a value is null here, whatever kafkajs' types say; sent again, it would make every produce request fail. */
function readable(header: unknown): (string | Buffer)[] {
  const values: unknown[] = Array.isArray(header) ? header : [header];
  return values.map((value) => value ?? '').filter((value) => typeof value === 'string' || Buffer.isBuffer(value));
}
