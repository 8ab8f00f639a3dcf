import { create, toBinary } from '@bufbuild/protobuf';
import {
  EndpointSnapshotSchema,
  EndpointStatus,
  EventSource,
  InstallationSnapshotSchema,
  InstallationStatus,
  Mode,
  newId,
  PayloadStyle,
  TOPIC_SETTINGS,
  TOPICS,
} from '@hookwright/contracts';
import { Kafka, logLevel, type Message, type Producer } from 'kafkajs';
import { EVENT_TYPE, SCOPE } from './provisioning.ts';

const INSTALLATION_PARTITIONS = TOPIC_SETTINGS.find(({ topic }) => topic === TOPICS.installations)?.partitions ?? 1;
// Some 200 bytes each: requests of 1 MB.
const AT_ONCE = 5000;

/** Publishes what the registry would, for tables that no test could fill through the API: a million installations would take hours. */
export class Snapshots {
  readonly #producer: Producer;

  private constructor(producer: Producer) {
    this.#producer = producer;
  }

  static async connect(brokers: readonly string[]): Promise<Snapshots> {
    const kafka = new Kafka({ clientId: 'bench-snapshots', brokers: [...brokers], logLevel: logLevel.NOTHING });
    const producer = kafka.producer();
    await producer.connect();
    return new Snapshots(producer);
  }

  /** So many enabled endpoints of as many apps. */
  async endpoints(count: number): Promise<void> {
    await this.#send(TOPICS.endpoints, count, (number) => {
      const appId = newId('app');
      return { key: appId, value: endpoint(appId, number) };
    });
  }

  /** So many active installations, of `merchants` merchants (mer_1…) and `apps` apps, spread evenly. */
  async installations({
    count,
    merchants,
    apps,
  }: {
    readonly count: number;
    readonly merchants: number;
    readonly apps: number;
  }): Promise<void> {
    const appIds = Array.from({ length: apps }, () => newId('app'));
    await this.#send(TOPICS.installations, count, (number) => {
      const installationId = newId('ins');
      const merchant = number % merchants;
      const value = installation({ installationId, merchantId: `mer_${merchant + 1}`, appId: appIds[number % apps] ?? '' });
      // All of a merchant's are on one partition, as the registry does it; which one is of no account to a table of all.
      return { key: installationId, value, partition: merchant % INSTALLATION_PARTITIONS };
    });
  }

  async stop(): Promise<void> {
    await this.#producer.disconnect();
  }

  async #send(topic: string, count: number, make: (number: number) => Message): Promise<void> {
    for (let from = 0; from < count; from += AT_ONCE) {
      const messages = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, index) => make(from + index));
      await this.#producer.send({ topic, messages, acks: -1 });
    }
  }
}

function endpoint(appId: string, number: number): Buffer {
  const snapshot = create(EndpointSnapshotSchema, {
    appId,
    partnerId: 'par_bench',
    mode: Mode.LIVE,
    url: `https://app-${number}.partner.example/hooks/hookwright`,
    status: EndpointStatus.ENABLED,
    eventSources: [EventSource.INSTALLED_MERCHANTS],
    enabledEvents: [EVENT_TYPE],
    payloadStyle: PayloadStyle.FULL,
    apiVersion: '2026-11-01',
    maxConcurrency: 10,
    timeoutSeconds: 10,
    revision: 1n,
  });
  return Buffer.from(toBinary(EndpointSnapshotSchema, snapshot));
}

function installation(ids: { readonly installationId: string; readonly merchantId: string; readonly appId: string }): Buffer {
  const snapshot = create(InstallationSnapshotSchema, {
    ...ids,
    status: InstallationStatus.ACTIVE,
    grantedScopes: [SCOPE],
    generation: 1,
    updatedAtMs: BigInt(Date.now()),
  });
  return Buffer.from(toBinary(InstallationSnapshotSchema, snapshot));
}
