import { TOPICS } from '@hookwright/contracts';
import { KafkaBatchServer } from '@hookwright/kafka';
import type { Logger } from '@hookwright/runtime';
import type { Kafka } from 'kafkajs';
import { ENDPOINT_SIGNALS } from './endpoint-signals.controller.ts';

/** Brings in what the workers learnt about endpoints. The replicas of the registry share it. */
export function endpointSignalsServer(kafka: Kafka, logger: Logger): KafkaBatchServer {
  return new KafkaBatchServer({ channel: ENDPOINT_SIGNALS, kafka, groupId: 'registry', topics: () => [TOPICS.endpointSignals], logger });
}
