import { create, toBinary } from '@bufbuild/protobuf';
import { type EndpointSnapshot, EndpointSignalKind, EndpointSignalSchema } from '@hookwright/contracts';
import { Backoff, type KafkaProducer } from '@hookwright/kafka';
import type { Logger } from '@hookwright/runtime';

/** Tells the registry what was learnt about endpoints. */
export class EndpointSignals {
  private readonly stopped = new AbortController();

  constructor(
    private readonly producer: KafkaProducer,
    private readonly topic: string,
    private readonly logger: Logger,
  ) {}

  /** The endpoint answered 410. Tried until Kafka has it; should the worker die before, the endpoint's next answer says it again. */
  async gone({ appId, revision: endpointRevision }: EndpointSnapshot): Promise<void> {
    this.logger.info({ app_id: appId }, 'endpoint.gone');
    const signal = { appId, endpointRevision, kind: EndpointSignalKind.GONE, observedAtMs: BigInt(Date.now()) };
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

  stop(): void {
    this.stopped.abort();
  }
}
