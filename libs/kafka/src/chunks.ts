import type { OutgoingMessage, TopicMessages } from './outgoing-message.ts';

// kafkajs makes one record batch per partition of all it is given, and the broker takes batches up to the topic's max.message.bytes
// (1 MiB and 128 KiB, contracts' topics.ts). A message that is larger by itself goes alone: whether it fits is the broker's to say.
const CHUNK_BYTES = 900_000;
// kafkajs groups messages by partition in quadratic time: 20,000 small ones of one partition take 1.2 s of CPU, 3000 at most 8 ms.
const CHUNK_MESSAGES = 3000;
// Varints, offsets and lengths around one record and one header, rounded up.
const RECORD_BYTES = 40;
const HEADER_BYTES = 10;

/** The same messages in the same order, in portions that the broker takes as one batch. */
export function inChunks(topicMessages: readonly TopicMessages[]): TopicMessages[][] {
  const chunks: TopicMessages[][] = [];
  let bytes = Infinity;
  let count = 0;
  for (const { topic, messages } of topicMessages) {
    for (const message of messages) {
      const size = sizeOf(message);
      if (bytes + size > CHUNK_BYTES || count === CHUNK_MESSAGES) {
        chunks.push([]);
        bytes = 0;
        count = 0;
      }
      bytes += size;
      count++;
      append(chunks.at(-1) ?? [], topic, message);
    }
  }
  return chunks;
}

function append(chunk: TopicMessages[], topic: string, message: OutgoingMessage): void {
  const last = chunk.at(-1);
  if (last?.topic === topic) last.messages.push(message);
  else chunk.push({ topic, messages: [message] });
}

function sizeOf({ key, value, headers }: OutgoingMessage): number {
  let bytes = RECORD_BYTES + (value?.length ?? 0) + (key === null ? 0 : Buffer.byteLength(key));
  for (const name in headers) {
    for (const header of [headers[name] ?? ''].flat()) bytes += HEADER_BYTES + Buffer.byteLength(name) + Buffer.byteLength(header);
  }
  return bytes;
}
