import { create, fromBinary } from '@bufbuild/protobuf';
import { EndpointSignalKind, EndpointSignalSchema, EndpointSnapshotSchema } from '@hookwright/contracts';
import { CompactedTable, KafkaProducer, createKafka } from '@hookwright/kafka';
import { createLogger } from '@hookwright/runtime';
import { createTopics, eventually, uniqueName, useStores } from '@hookwright/testkit';
import { expect, it } from '@jest/globals';
import { EndpointSignals } from './endpoint-signals.ts';

it('tells the registry which revision of an endpoint is gone, and which had no success for too long', async () => {
  const { kafkaBrokers: brokers } = await useStores(['kafka']);
  const topic = uniqueName('signals');
  await createTopics([{ topic, partitions: 1, config: {} }]);
  const logger = createLogger('spec', 'fatal');
  const kafka = createKafka({ clientId: 'spec', brokers, logger });
  const producer = new KafkaProducer(kafka);
  const signals = new EndpointSignals(producer, topic, logger);
  await signals.gone(create(EndpointSnapshotSchema, { appId: 'app_1', revision: 3n }));
  await signals.sustainedFailure(create(EndpointSnapshotSchema, { appId: 'app_2', revision: 7n }));

  const heard: unknown[] = [];
  const apply = (_key: string, value: Buffer | null): number => heard.push(fromBinary(EndpointSignalSchema, value ?? Buffer.alloc(0)));
  const table = new CompactedTable({ kafka, topic, logger, apply });
  await table.start();
  await eventually(() =>
    expect(heard).toMatchObject([
      { appId: 'app_1', endpointRevision: 3n, kind: EndpointSignalKind.GONE },
      { appId: 'app_2', endpointRevision: 7n, kind: EndpointSignalKind.SUSTAINED_FAILURE },
    ]),
  );
  signals.stop();
  await Promise.all([table.stop(), producer.close()]);
});
