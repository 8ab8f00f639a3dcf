import Broker, { type Exchange, type FetchWish } from 'kafkajs/src/broker/index.js';
import requests from 'kafkajs/src/protocol/requests/fetch/index.js';
import shuffle from 'kafkajs/src/utils/shuffle.js';
import { ByteWriter, sizeOfTopics } from './byte-writer.ts';
import { type FetchResponse, readFetchResponse } from './fetch-response.ts';
import { FetchSession, type SessionRequest } from './fetch-session.ts';

// Fetch. Source: Kafka protocol guide, API keys.
const API_KEY = 1;
/** The newest kafkajs knows; all brokers since Kafka 2.3 speak it. */
const VERSION = 11;
const CONSUMER = -1;
const UNKNOWN = -1;
/** Of everything before the topics. */
const HEAD_BYTES = 25;
const PARTITION_BYTES = 28;
const FORGOTTEN_BYTES = 4;

interface Fetches {
  readonly session: FetchSession;
  /** How kafkajs would do it. Made once: it looks up the modules of the protocol's version each time, which costs as much as the rest. */
  readonly exchange: Exchange;
}

const installed = new WeakSet();
// Each consumer has its own object for each broker.
const fetches = new WeakMap<Broker, Fetches>();

/**
 * Has kafkajs fetch within a session: by itself it names all of a consumer's partitions in each request, and the broker answers with all of
 * them, which at a low rate is most of what a message costs both. Also has it read the answers with `readFetchResponse`: its own reader
 * throws at what it cannot read, and would fetch it again for ever; it unpacks without a bound, and breaks at batches of over 100,000
 * records. Brokers older than 2.3 are asked as kafkajs does. Idempotent.
 */
export function installFetch(): void {
  const { prototype } = Broker;
  if (installed.has(prototype)) return;
  installed.add(prototype);
  const withoutSession = prototype.fetch;
  prototype.fetch = async function fetchInSession(wish) {
    const { session, exchange } = fetchesOf(this, wish);
    if (exchange.request.apiVersion !== VERSION) return await withoutSession.call(this, wish);
    const request = session.next(wish.topics);
    try {
      return await this.connectionPool.send({
        requestTimeout: exchange.requestTimeout,
        request: { ...exchange.request, encode: () => Promise.resolve(encoded(writeFetch(wish, request))) },
        response: { parse: exchange.response.parse, decode: async (bytes) => decoded(bytes, request) },
      });
    } catch (error) {
      if ((error as Error).name === 'KafkaJSConnectionClosedError') await this.disconnect();
      throw error;
    }
  };
}

function fetchesOf(broker: Broker, wish: FetchWish): Fetches {
  let known = fetches.get(broker);
  if (known === undefined) {
    known = { session: new FetchSession(), exchange: broker.lookupRequest(API_KEY, requests)(wish) };
    fetches.set(broker, known);
  }
  return known;
}

async function decoded(bytes: Buffer, { answered }: SessionRequest): Promise<FetchResponse> {
  const answer = await readFetchResponse(bytes);
  answered(answer);
  return answer;
}

function encoded(bytes: Buffer): { buf: Buffer; buffer: Buffer } {
  return { buf: bytes, buffer: bytes };
}

/**
 * Fetch request, version 11: replica_id, max_wait, min_bytes, max_bytes int32, isolation_level int8, session_id, session_epoch int32,
 * topics, forgotten topics, rack_id.
 */
export function writeFetch({ isolationLevel, maxWaitTime, minBytes, maxBytes, rackId = '' }: FetchWish, request: SessionRequest): Buffer {
  const { id, epoch, forgotten } = request;
  // Of what is named first the most fits into an answer. Within a session the broker takes turns by itself.
  const topics = shuffle(request.topics).map(({ topic, partitions }) => ({ topic, partitions: shuffle(partitions) }));
  const named = sizeOfTopics(topics, () => PARTITION_BYTES);
  const left = sizeOfTopics(forgotten, () => FORGOTTEN_BYTES);
  const writer = new ByteWriter(Buffer.allocUnsafe(HEAD_BYTES + named + left + 2 + Buffer.byteLength(rackId)));
  for (const value of [CONSUMER, maxWaitTime, minBytes, maxBytes]) writer.int32(value);
  writer.int8(isolationLevel);
  writer.int32(id);
  writer.int32(epoch);
  writer.topics(topics, ({ partition, fetchOffset, maxBytes: most }) => {
    writer.int32(partition);
    writer.int32(UNKNOWN);
    writer.int64(Number(fetchOffset));
    writer.int64(UNKNOWN);
    writer.int32(most);
  });
  writer.topics(forgotten, (partition) => writer.int32(partition));
  writer.text(rackId);
  return writer.bytes;
}
