export const STORE_KINDS = ['kafka', 'postgres', 'redis'] as const;
export type StoreKind = (typeof STORE_KINDS)[number];

/** A running store: `host:port` for Kafka, a URL for PostgreSQL (superuser) and Redis. */
export interface Store {
  readonly address: string;
  stop(): Promise<void>;
}

/** Starts a new, empty store of each kind. */
export type StoreFactory = Readonly<Record<StoreKind, () => Promise<Store>>>;
