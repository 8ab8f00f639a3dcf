/**
 * What of kafkajs 2.2's inside is replaced: how messages are fetched, how those sent are written, and when waiting requests are looked
 * after. Fetch 11 and Produce 7 are the newest versions it knows, and all brokers since Kafka 2.3 speak them.
 */
declare module 'kafkajs/src/broker/index.js' {
  export interface FetchWish {
    readonly isolationLevel: number;
    /** ms. */
    readonly maxWaitTime: number;
    readonly minBytes: number;
    readonly maxBytes: number;
    readonly rackId?: string;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly {
        readonly partition: number;
        /** A 64-bit integer in digits. */
        readonly fetchOffset: string;
        readonly maxBytes: number;
      }[];
    }[];
  }
  /** What a request is, and how its answer is read. */
  export interface Exchange {
    readonly request: { readonly apiVersion: number; readonly encode: () => Promise<unknown> };
    readonly response: { readonly decode: (bytes: Buffer) => Promise<unknown>; readonly parse: (answer: unknown) => Promise<unknown> };
    readonly requestTimeout: number;
  }
  /** One broker as one consumer, producer or admin sees it. */
  export default class Broker {
    readonly connectionPool: { send: (exchange: Exchange) => Promise<unknown> };
    readonly lookupRequest: (apiKey: number, definition: unknown) => (wish: FetchWish) => Exchange;
    disconnect: () => Promise<void>;
    fetch: (wish: FetchWish) => Promise<unknown>;
  }
}

declare module 'kafkajs/src/protocol/requests/fetch/index.js' {
  const requests: unknown;
  export default requests;
}

declare module 'kafkajs/src/utils/shuffle.js' {
  const shuffle: <Item>(items: readonly Item[]) => readonly Item[];
  export default shuffle;
}

declare module 'kafkajs/src/network/requestQueue/index.js' {
  /** The requests of one connection. */
  export default class RequestQueue {
    constructor(options: { maxInFlightRequests: number; requestTimeout: number; enforceRequestTimeout: boolean });
    /** Too many are under way, or the broker throttles. */
    readonly pending: unknown[];
    scheduleCheckPendingRequests: () => void;
    /** By correlation id. */
    readonly inflight: Map<number, object>;
    fulfillRequest: (answer: { readonly correlationId: number }) => void;
  }
}

declare module 'kafkajs/src/protocol/requests/produce/index.js' {
  export interface ProduceArguments {
    readonly acks: number;
    readonly timeout: number;
    readonly compression: number;
    readonly transactionalId?: string | undefined;
    /** Of an idempotent producer; -1 else. */
    readonly producerId: unknown;
    readonly topicData: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly messages: readonly ProducedMessage[] }[];
    }[];
  }
  export interface ProducedMessage {
    readonly key?: Buffer | string | null;
    readonly value: Buffer | string | null;
    readonly headers?: Readonly<Record<string, HeaderValue | HeaderValue[] | undefined>>;
    readonly timestamp?: string;
  }
  export type HeaderValue = Buffer | string;
  /** kafkajs' own buffer writer, as far as it is asked for one. */
  export interface Encoded {
    readonly buf: Buffer;
    readonly buffer: Buffer;
  }
  export interface Protocol {
    readonly request: { readonly encode: () => Promise<Encoded> };
  }
  const requests: { protocol: (wanted: { version: number }) => (produce: ProduceArguments) => Protocol };
  export default requests;
}
