/**
 * What of kafkajs 2.2's inside is replaced: how requests and answers that carry records are written and read, and when waiting ones are
 * looked after. Fetch 11 and Produce 7 are the newest versions it knows, and all brokers since Kafka 2.3 speak them.
 */
declare module 'kafkajs/src/protocol/requests/fetch/v11/response.js' {
  const response: { decode: (rawData: Buffer) => Promise<unknown> };
  export default response;
}

declare module 'kafkajs/src/network/requestQueue/index.js' {
  /** The requests of one connection. */
  export default class RequestQueue {
    constructor(options: { maxInFlightRequests: number; requestTimeout: number; enforceRequestTimeout: boolean });
    /** Too many are under way, or the broker throttles. */
    readonly pending: unknown[];
    scheduleCheckPendingRequests: () => void;
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
