import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import { EndpointSnapshotSchema, EventTypeSnapshotSchema, InstallationSnapshotSchema, TOPICS } from '@hookwright/contracts';
import { CompactedTable } from '@hookwright/kafka';
import { type Logger, type Readiness, withTimeout } from '@hookwright/runtime';
import type { Kafka } from 'kafkajs';
import type { Known } from '../fan-out.ts';
import { measureTables } from '../metrics.ts';
import { AppIndex } from './app-index.ts';
import { EndpointTable } from './endpoint-table.ts';
import { EventTypeTable } from './event-type-table.ts';
import { InstallationTable } from './installation-table.ts';

// Usually it takes milliseconds; nobody should wait for an end that the topic has lost.
const CATCH_UP_MS = 5000;

/** A table that snapshots are put into. */
interface Filled<Snapshot> {
  readonly size: number;
  put(snapshot: Snapshot): void;
  remove(key: string): void;
}

/** What the send rule knows, kept in memory from the registry's compacted topics. */
export class Tables implements Known {
  private readonly apps = new AppIndex();
  readonly endpoints = new EndpointTable(this.apps);
  readonly installations = new InstallationTable(this.apps);
  readonly eventTypes = new EventTypeTable();
  /** Resolves when all of them hold what was on their topics at the start. */
  readonly loaded: Promise<void>;
  private readonly eventTypeReader: CompactedTable;
  private readonly endpointReader: CompactedTable;
  private readonly readers: ReadonlyMap<string, CompactedTable>;
  private readonly allLoaded = Promise.withResolvers<undefined>();

  constructor(
    private readonly kafka: Kafka,
    private readonly logger: Logger,
  ) {
    this.eventTypeReader = this.reader(TOPICS.eventTypes, EventTypeSnapshotSchema, this.eventTypes);
    this.endpointReader = this.reader(TOPICS.endpoints, EndpointSnapshotSchema, this.endpoints);
    this.readers = new Map([
      [TOPICS.eventTypes, this.eventTypeReader],
      [TOPICS.endpoints, this.endpointReader],
      [TOPICS.installations, this.reader(TOPICS.installations, InstallationSnapshotSchema, this.installations)],
    ]);
    this.loaded = this.allLoaded.promise;
  }

  /** Begins to read, without waiting for the broker, and makes the service ready only when all is loaded. */
  start(readiness: Readiness): void {
    for (const [topic, reader] of this.readers) readiness.add(topic, () => reader.check());
    measureTables(() => [
      [TOPICS.eventTypes, this.eventTypes.size],
      [TOPICS.endpoints, this.endpoints.size],
      [TOPICS.installations, this.installations.size],
    ]);
    void Promise.all(Array.from(this.readers.values(), (reader) => reader.start())).then(() => {
      this.logger.info({ installations: this.installations.size, endpoints: this.endpoints.size }, 'tables.loaded');
      this.allLoaded.resolve(undefined);
    });
  }

  /** Resolves when every endpoint and event type that Kafka has by now is in memory. Rejects when that takes too long: to be asked again. */
  async caughtUpForLifecycle(): Promise<void> {
    await withTimeout(Promise.all([this.endpointReader.caughtUp(), this.eventTypeReader.caughtUp()]), CATCH_UP_MS);
  }

  async stop(): Promise<void> {
    await Promise.all(Array.from(this.readers.values(), (reader) => reader.stop()));
  }

  private reader<Schema extends DescMessage>(topic: string, schema: Schema, table: Filled<MessageShape<Schema>>): CompactedTable {
    const apply = (key: string, value: Buffer | null): void => {
      if (value === null) table.remove(key);
      else table.put(fromBinary(schema, value));
    };
    return new CompactedTable({ kafka: this.kafka, topic, logger: this.logger, apply });
  }
}
