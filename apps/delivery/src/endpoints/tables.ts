import { CompactedTable } from '@hookwright/kafka';
import type { Logger } from '@hookwright/runtime';
import type { Kafka } from 'kafkajs';
import type { WorkerTopics } from '../worker-topics.ts';
import { EndedInstallations } from './ended-installations.ts';
import { EndpointTable } from './endpoint-table.ts';

export interface TablesOptions {
  readonly kafka: Kafka;
  readonly topics: WorkerTopics;
  readonly logger: Logger;
  /** An app's secrets changed. */
  readonly onSecrets: (appId: string) => void;
}

/** What the registry and the vault announce, in memory. */
export class Tables {
  readonly endpoints = new EndpointTable();
  readonly installations = new EndedInstallations();
  private readonly compacted: readonly (readonly [name: string, CompactedTable])[];

  constructor({ kafka, topics, logger, onSecrets }: TablesOptions) {
    const table = (topic: string, apply: (key: string, value: Buffer | null) => void): CompactedTable =>
      new CompactedTable({ kafka, topic, logger, apply });
    this.compacted = [
      ['endpoints', table(topics.endpoints, (appId, value) => this.endpoints.apply(appId, value))],
      ['installations', table(topics.installations, (id, value) => this.installations.apply(id, value))],
      ['secrets', table(topics.secrets, onSecrets)],
    ];
  }

  /** Resolves when all of them are loaded. */
  async start(): Promise<void> {
    await Promise.all(this.compacted.map(([, table]) => table.start()));
  }

  /** Each with its readiness check. */
  get checks(): (readonly [name: string, check: () => void])[] {
    return this.compacted.map(([name, table]) => [name, () => table.check()]);
  }

  /** Whether what one of them says may be out of date. */
  get areStale(): boolean {
    return this.compacted.some(([, table]) => table.isStale);
  }

  async stop(): Promise<void> {
    await Promise.all(this.compacted.map(([, table]) => table.stop()));
  }
}
