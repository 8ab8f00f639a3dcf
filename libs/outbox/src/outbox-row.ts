/** A message to be published when the transaction that writes it commits. */
export interface OutboxMessage {
  readonly topic: string;
  readonly key: string;
  /** Decides the partition in the key's place. */
  readonly partitionKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** null: a tombstone. */
  readonly value: Uint8Array | null;
}

/** A row of the table `outbox`, in Prisma's names. */
export interface OutboxRow {
  topic: string;
  key: string;
  partitionKey: string | null;
  headers: Record<string, string>;
  value: Uint8Array<ArrayBuffer> | null;
}

/** The row to insert, in the transaction of the change that it announces: `tx.outbox.create({ data: outboxRow(message) })`. */
export function outboxRow({ topic, key, partitionKey, headers, value }: OutboxMessage): OutboxRow {
  return { topic, key, partitionKey: partitionKey ?? null, headers: { ...headers }, value: value === null ? null : new Uint8Array(value) };
}
