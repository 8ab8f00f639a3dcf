import { create, toBinary } from '@bufbuild/protobuf';
import { AuditEntrySchema, SecretsSnapshotSchema, TOPICS } from '@hookwright/contracts';
import type { KafkaProducer } from '@hookwright/kafka';
import { type OutboxRelay, outboxRow } from '@hookwright/outbox';
import { type AuditedChange, auditEntry } from '@hookwright/runtime';
import type { Queries } from '../database/database.ts';

/** A secret that signs, until when. */
export interface AnnouncedSecret {
  readonly id: string;
  readonly expiresAt: Date | null;
}

/**
 * Tells on `vault.secrets` which of an app's secrets are live, so that workers drop what they have in memory. Never a key. And on
 * `audit.entries` who changed them.
 * Written in the transaction of the change, published by the relay after it.
 */
export class Announcements {
  constructor(
    private readonly producer: KafkaProducer,
    private readonly relay: OutboxRelay,
  ) {}

  async announceLive(transaction: Queries, appId: string, live: readonly AnnouncedSecret[]): Promise<void> {
    const secrets = live.map(({ id, expiresAt }) => ({ id, ...(expiresAt === null ? {} : { expiresAtMs: BigInt(expiresAt.getTime()) }) }));
    const value = toBinary(SecretsSnapshotSchema, create(SecretsSnapshotSchema, { appId, secrets }));
    await transaction.outbox.create({ data: outboxRow({ topic: TOPICS.secrets, key: appId, value }), select: { id: true } });
  }

  /** A tombstone: the app has no secrets any more. */
  async announceErased(transaction: Queries, appId: string): Promise<void> {
    await transaction.outbox.create({ data: outboxRow({ topic: TOPICS.secrets, key: appId, value: null }), select: { id: true } });
  }

  /** For the app's audit log, which the registry keeps: who changed what. */
  async audit(transaction: Queries, change: AuditedChange, now: Date): Promise<void> {
    const value = toBinary(AuditEntrySchema, auditEntry(change, now));
    await transaction.outbox.create({ data: outboxRow({ topic: TOPICS.audit, key: change.appId, value }), select: { id: true } });
  }

  /** Publishes what was committed: call it after the transaction. */
  publish(): void {
    this.relay.wake();
  }

  start(): void {
    this.producer.start();
    this.relay.start();
  }

  /** Throws, with the reason, while Kafka cannot be reached. */
  checkKafka(): void {
    this.producer.check();
  }

  /** Throws, with the reason, while announcements wait that should be out. */
  checkOutbox(): void {
    this.relay.check();
  }

  /** Publishes what the last calls left, as far as that works now. */
  async stop(): Promise<void> {
    this.relay.wake();
    await this.relay.stop();
    await this.producer.close();
  }
}
