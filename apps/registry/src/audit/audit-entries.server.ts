import { TOPICS } from '@hookwright/contracts';
import { KafkaBatchServer } from '@hookwright/kafka';
import type { Logger } from '@hookwright/runtime';
import type { Kafka } from 'kafkajs';
import { AUDIT_ENTRIES } from './audit.controller.ts';

/** Brings in what other services changed of apps. The replicas of the registry share it. */
export function auditEntriesServer(kafka: Kafka, logger: Logger): KafkaBatchServer {
  return new KafkaBatchServer({ channel: AUDIT_ENTRIES, kafka, groupId: 'registry.audit', topics: () => [TOPICS.audit], logger });
}
