import { create, toBinary } from '@bufbuild/protobuf';
import { type EndpointSnapshot, EndpointSignalKind, EndpointSignalSchema } from '@hookwright/contracts';
import { Backoff, type KafkaProducer } from '@hookwright/kafka';
import type { Logger } from '@hookwright/runtime';
import { endpointsSignaled } from '../metrics.ts';

/** Tells the registry what was learnt about endpoints. */
export class EndpointSignals {
  private readonly stopped = new AbortController();

  constructor(
    private readonly producer: KafkaProducer,
    private readonly topic: string,
    private readonly logger: Logger,
  ) {}

  /** The endpoint answered 410. Should the worker die before Kafka has it, the endpoint's next answer says it again. */
  async gone(endpoint: EndpointSnapshot): Promise<void> {
    this.logger.info({ app_id: endpoint.appId }, 'endpoint.gone');
    endpointsSignaled.inc({ reason: 'gone_410' });
    await this.tell(endpoint, EndpointSignalKind.GONE);
  }

  /** No attempt succeeded for 72 h. Should the worker die before Kafka has it, it is said again after ten minutes. */
  async sustainedFailure(endpoint: EndpointSnapshot): Promise<void> {
    this.logger.warn({ app_id: endpoint.appId }, 'endpoint.sustained_failure');
    endpointsSignaled.inc({ reason: 'sustained_failure' });
    await this.tell(endpoint, EndpointSignalKind.SUSTAINED_FAILURE);
  }

  stop(): void {
    this.stopped.abort();
  }

  /** Tried until Kafka has it. */
  private async tell({ appId, revision: endpointRevision }: EndpointSnapshot, kind: EndpointSignalKind): Promise<void> {
    const signal = { appId, endpointRevision, kind, observedAtMs: BigInt(Date.now()) };
    const value = Buffer.from(toBinary(EndpointSignalSchema, create(EndpointSignalSchema, signal)));
    const backoff = new Backoff(this.stopped.signal);
    do {
      try {
        await this.producer.send([{ topic: this.topic, messages: [{ key: appId, value }] }]);
        return;
      } catch (error) {
        this.logger.warn({ app_id: appId, reason: (error as Error).message }, 'endpoint.signal_waiting');
      }
    } while (await backoff.wait());
  }
}
