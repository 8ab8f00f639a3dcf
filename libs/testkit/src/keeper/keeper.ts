import fs from 'node:fs';
import path from 'node:path';
import { applyMigrations, databaseUrl, DATABASE_OWNERS, type DatabaseOwner, ensureDatabase } from '@hookwright/local';
import { DatabaseMaker } from './database-maker.ts';
import { type Store, STORE_KINDS, type StoreFactory, type StoreKind } from './store-factory.ts';

/** Addresses by kind, of the kinds asked for. */
export type Addresses = Partial<Record<StoreKind, string>>;

/** The stores of one test run: each started when first asked for, all stopped at the end. */
export class Keeper {
  readonly #factory: StoreFactory;
  readonly #directory: string;
  /** Every store that was asked for, ready or not: what stop() has to end. */
  readonly #all: Promise<Store>[] = [];
  readonly #run = new Map<StoreKind, Promise<Store>>();
  readonly #own = new Map<string, readonly Store[]>();
  #databases: DatabaseMaker | undefined;
  #lastId = 0;
  #stopping = false;

  /** `directory` is the run's own and goes with it. */
  constructor(factory: StoreFactory, directory: string) {
    this.#factory = factory;
    this.#directory = directory;
  }

  /** The run's stores, which every spec shares. */
  async stores(kinds: readonly StoreKind[]): Promise<Addresses> {
    const entries = await Promise.all(kinds.map(async (kind) => [kind, (await this.#store(kind)).address] as const));
    return Object.fromEntries(entries);
  }

  /** New stores for one spec alone, until stopOwn(id). */
  async ownStores(): Promise<{ readonly id: string; readonly addresses: Addresses }> {
    const started = await Promise.all(STORE_KINDS.map(async (kind) => [kind, await this.#start(kind)] as const));
    const id = String(++this.#lastId);
    this.#own.set(
      id,
      started.map(([, store]) => store),
    );
    return { id, addresses: Object.fromEntries(started.map(([kind, store]) => [kind, store.address])) };
  }

  async stopOwn(id: string): Promise<void> {
    const stores = this.#own.get(id) ?? [];
    this.#own.delete(id);
    await Promise.all(stores.map((store) => store.stop()));
  }

  /** A new database of the run's PostgreSQL, with that service's migrations. Returns its URL. */
  async createDatabase(owner: DatabaseOwner): Promise<string> {
    return await (await this.#databaseMaker()).create(owner);
  }

  async dropDatabase(name: string): Promise<void> {
    await (await this.#databaseMaker()).drop(name);
  }

  /** Every service's database on that server, migrated, as `npm start` makes them. */
  async createServiceDatabases(postgresUrl: string): Promise<void> {
    for (const owner of DATABASE_OWNERS) {
      const name = new URL(databaseUrl(postgresUrl, owner)).pathname.slice(1);
      await applyMigrations(owner, await ensureDatabase(postgresUrl, name));
    }
  }

  /** A new folder that is removed with the run. */
  createDirectory(): string {
    return fs.mkdtempSync(path.join(this.#directory, 'spec-'));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#databases?.close();
    const started = await Promise.allSettled(this.#all);
    const running = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    await Promise.all(running.map((store) => store.stop()));
  }

  async #start(kind: StoreKind): Promise<Store> {
    if (this.#stopping) throw new Error('the test run is over');
    const started = this.#factory[kind]().then(stoppedOnce);
    this.#all.push(started);
    return await started;
  }

  #store(kind: StoreKind): Promise<Store> {
    const known = this.#run.get(kind);
    if (known !== undefined) return known;
    const started = this.#start(kind);
    this.#run.set(kind, started);
    return started;
  }

  async #databaseMaker(): Promise<DatabaseMaker> {
    const { address } = await this.#store('postgres');
    return (this.#databases ??= new DatabaseMaker(address));
  }
}

/** A spec's own store may be stopped by the spec, and again with the run. */
function stoppedOnce(store: Store): Store {
  let stopping: Promise<void> | undefined;
  return { address: store.address, stop: () => (stopping ??= store.stop()) };
}
