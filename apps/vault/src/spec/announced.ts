import { fromBinary } from '@bufbuild/protobuf';
import { type SecretsSnapshot, SecretsSnapshotSchema, TOPICS } from '@hookwright/contracts';
import { CompactedTable, createKafka } from '@hookwright/kafka';
import { createLogger } from '@hookwright/runtime';

/** Everything on vault.secrets, or on another of the vault's topics, in order. */
export class Announced {
  /** App id and value. */
  readonly all: [string, Buffer | null][] = [];
  private readonly topic: CompactedTable;

  constructor(brokers: string[], topic: string = TOPICS.secrets) {
    const logger = createLogger('vault-test', 'fatal');
    const apply = (key: string, value: Buffer | null): void => void this.all.push([key, value]);
    this.topic = new CompactedTable({
      kafka: createKafka({ clientId: 'vault-test', brokers, logger }),
      topic,
      logger,
      apply,
    });
  }

  async start(): Promise<void> {
    await this.topic.start();
  }

  async stop(): Promise<void> {
    await this.topic.stop();
  }

  /** Of each announcement of an app the live ids with their ends, or null for a tombstone. */
  of(appId: string): ([string, number | undefined][] | null)[] {
    return this.snapshotsOf(appId).map(
      (snapshot) =>
        snapshot?.secrets.map(({ id, expiresAtMs }) => [id, expiresAtMs === undefined ? undefined : Number(expiresAtMs)]) ?? null,
    );
  }

  snapshotsOf(appId: string): (SecretsSnapshot | null)[] {
    return this.all.filter(([key]) => key === appId).map(([, value]) => (value === null ? null : fromBinary(SecretsSnapshotSchema, value)));
  }
}
