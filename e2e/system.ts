import { type Services, type ServicesOptions, startServices, startStores, type Stores } from '@hookwright/testkit';
import { Kafka, logLevel, type Producer } from 'kafkajs';

type ServiceName = Parameters<Services['start']>[0];

export interface MerchantEvent {
  readonly topic: string;
  readonly merchant: string;
  readonly type: string;
  readonly id: string;
  /** Default: live. */
  readonly mode?: 'live' | 'test';
  /** JSON, or its bytes as they shall be sent. */
  readonly data: object | Buffer;
}

/** All services as processes on stores of their own, and a producer that publishes as any outside one would: it uses nothing of ours. */
export class System {
  private constructor(
    private readonly stores: Stores & { stop(): Promise<void> },
    private readonly services: Services,
    private readonly producer: Producer,
  ) {}

  static async start(env: NonNullable<ServicesOptions['env']> = {}): Promise<System> {
    const stores = await startStores();
    const services = await startServices({ stores, env });
    const producer = new Kafka({ clientId: 'order-service', brokers: stores.kafkaBrokers, logLevel: logLevel.ERROR }).producer();
    await producer.connect();
    return new System(stores, services, producer);
  }

  readonly operatorToken = 'hw_operator_demo';

  get apiUrl(): string {
    return this.services.gatewayUrl;
  }

  get ports(): Services['ports'] {
    return this.services.ports;
  }

  async publish({ topic, merchant, type, id, mode, data }: MerchantEvent): Promise<void> {
    const headers = {
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: id,
      ce_source: '/e2e',
      ce_type: type,
      ce_merchantid: merchant,
      ...(mode !== undefined && { ce_mode: mode }),
    };
    const value = Buffer.isBuffer(data) ? data : JSON.stringify(data);
    await this.producer.send({ topic, messages: [{ key: merchant, headers, value }] });
  }

  /** kill -9, as a machine that dies. */
  async kill(service: ServiceName): Promise<void> {
    await this.services.stop(service, 'SIGKILL');
  }

  async restart(service: ServiceName): Promise<void> {
    await this.services.start(service);
  }

  async stop(): Promise<void> {
    await this.producer.disconnect();
    await this.services.stopAll();
    await this.stores.stop();
  }
}
