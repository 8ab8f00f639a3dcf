export interface OutgoingMessage {
  readonly key: string | Buffer | null;
  /** null: a tombstone. */
  readonly value: Buffer | null;
  /** Several values: the header is repeated. */
  readonly headers?: Record<string, string | Buffer | (string | Buffer)[]>;
  /** Decides the partition in the key's place. */
  readonly partitionKey?: string | undefined;
}

export interface TopicMessages {
  readonly topic: string;
  readonly messages: OutgoingMessage[];
}
