import { ByteReader } from './byte-reader.ts';
import { type FetchedRecord, readBatch } from './record-batch.ts';

interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: string;
  readonly lastStableOffset: string;
  readonly lastStartOffset: string;
  readonly abortedTransactions: { readonly producerId: string; readonly firstOffset: string }[];
  readonly preferredReadReplica: number;
  readonly messages: FetchedRecord[];
}

// What one fetch brings into memory: behind it nothing more is unpacked. What is left out is fetched again.
const MAX_RESPONSE_BYTES = 32 * 1_048_576;

export interface FetchResponse {
  readonly throttleTime: number;
  /** ms the broker wants to be left alone. */
  readonly clientSideThrottleTime: number;
  readonly errorCode: number;
  readonly sessionId: number;
  /** There was more than is unpacked at once; it has to be fetched again. */
  readonly isCut: boolean;
  readonly responses: readonly { readonly topicName: string; readonly partitions: readonly FetchedPartition[] }[];
}

/** Fetch response, version 11: throttle_time int32, error_code int16, session_id int32, responses of topic and partitions. */
export async function readFetchResponse(bytes: Buffer): Promise<FetchResponse> {
  const reader = new ByteReader(bytes);
  const clientSideThrottleTime = reader.int32();
  const errorCode = reader.int16();
  const sessionId = reader.int32();
  const responses = [];
  let budget = MAX_RESPONSE_BYTES;
  for (let topics = reader.int32(); topics > 0; topics--) {
    const topicName = reader.text();
    const partitions: FetchedPartition[] = [];
    for (let count = reader.int32(); count > 0; count--) {
      const partition = readPartitionHeader(reader);
      const size = Math.max(0, reader.int32());
      budget -= await readMessages(new ByteReader(bytes, reader.at, reader.at + size), partition.messages, budget);
      reader.at += size;
      partitions.push(partition);
    }
    responses.push({ topicName, partitions });
  }
  // kafkajs waits by clientSideThrottleTime; throttleTime is what the broker has waited itself.
  return { throttleTime: 0, clientSideThrottleTime, errorCode, sessionId, isCut: budget <= 0, responses };
}

function readPartitionHeader(reader: ByteReader): FetchedPartition {
  return {
    partition: reader.int32(),
    errorCode: reader.int16(),
    highWatermark: reader.int64Text(),
    lastStableOffset: reader.int64Text(),
    lastStartOffset: reader.int64Text(),
    abortedTransactions: Array.from({ length: Math.max(0, reader.int32()) }, () => ({
      producerId: reader.int64Text(),
      firstOffset: reader.int64Text(),
    })),
    preferredReadReplica: reader.int32(),
    messages: [],
  };
}

/** Bytes the partition's messages have unpacked. */
async function readMessages(records: ByteReader, into: FetchedRecord[], budget: number): Promise<number> {
  let bytes = 0;
  while (bytes < budget) {
    const unpacked = await readBatch(records, into);
    if (unpacked === undefined) break;
    bytes += unpacked;
  }
  return bytes;
}
