/** Events to publish: `count` of them, spread evenly over the merchants, each with an id that no other run has. */
export interface EventBatch {
  readonly topic: string;
  readonly type: string;
  readonly merchants: readonly string[];
  readonly count: number;
  /** Bytes of the JSON body; default 1024. */
  readonly bodyBytes?: number;
}

/** As fast as the broker acknowledges: `messages` in each request, so many requests under way at once. */
export interface Burst extends EventBatch {
  readonly messages: number;
  readonly requests: number;
}

/** Each event at its own time, whether or not the earlier ones were acknowledged. */
export interface Stream extends EventBatch {
  readonly perSecond: number;
  /** How long the producer gathers before it sends, ms; default 0. Java's (from Kafka 4.0 on) and librdkafka's gather for 5 by default. */
  readonly lingerMs?: number;
}

/** What the broker acknowledged, by column. */
export interface AckedEvents {
  readonly ids: readonly string[];
  readonly merchants: readonly string[];
  /** When the event was handed to the client, ms. */
  readonly sentMs: readonly number[];
  readonly ackedMs: readonly number[];
}

export interface PublisherApi {
  connect(of: { readonly brokers: readonly string[] }): Promise<void>;
  /** Resolves when every event is acknowledged, or given up because of stopPublishing(). What fails is sent again with the same id. */
  burst(of: Burst): Promise<AckedEvents>;
  stream(of: Stream): Promise<AckedEvents>;
  /** How many are acknowledged in the run that is on. */
  progress(of: undefined): number;
  /** Ends the run that is on: it resolves with what was acknowledged by then. */
  stopPublishing(of: undefined): void;
}
