import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, uniqueName, useStores } from '@hookwright/testkit';
import { Catch, Controller, type ExceptionFilter, type INestApplication } from '@nestjs/common';
import { EventPattern, type NestMicroservice, Payload } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { type Observable, throwError } from 'rxjs';
import type { ConsumedBatch } from './held-partition.ts';
import { KafkaBatchServer } from './batch-server.ts';
import { committedOffset, logger, numbered, setting, type Setting } from './spec/setting.ts';

const taken: string[] = [];
const other: string[] = [];
let failures = 0;

/** As runService puts it before every strategy: without it Nest makes every exception a bare "Internal server error". */
@Catch()
class RethrowFilter implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

@Controller()
class Orders {
  @EventPattern('orders')
  take(@Payload() batch: ConsumedBatch): Promise<void> {
    if (failures > 0) {
      failures--;
      throw new Error('the database is away');
    }
    for (const { offset, value } of batch.messages) {
      taken.push(String(value));
      batch.done(offset);
    }
    return Promise.resolve();
  }

  @EventPattern('other')
  takeOther(@Payload() batch: ConsumedBatch): void {
    for (const { offset, value } of batch.messages) {
      other.push(String(value));
      batch.done(offset);
    }
  }
}

function connect(app: INestApplication, strategy: KafkaBatchServer): void {
  const microservice = app.connectMicroservice({ strategy }, { deferInitialization: true }) as NestMicroservice;
  microservice.useGlobalFilters(new RethrowFilter());
  microservice.setIsInitHookCalled(true);
}

describe('KafkaBatchServer in a Nest application', () => {
  let at: Setting;
  let app: INestApplication;
  let server: KafkaBatchServer;
  let second: KafkaBatchServer;
  const groupId = uniqueName('group');
  const otherGroupId = uniqueName('group');
  const [topic, otherTopic] = [uniqueName('orders'), uniqueName('other')];
  const gate = Promise.withResolvers<undefined>();
  let asked = 0;

  beforeAll(async () => {
    at = setting((await useStores(['kafka'])).kafkaBrokers);
    const options = { kafka: at.kafka, logger };
    server = new KafkaBatchServer({
      ...options,
      channel: 'orders',
      groupId,
      topics: () => [topic],
      after: () => {
        if (asked++ === 0) return Promise.reject(new Error('the tables are not loaded'));
        return gate.promise;
      },
    });
    second = new KafkaBatchServer({ ...options, channel: 'other', groupId: otherGroupId, topics: () => [otherTopic] });
    const module = await Test.createTestingModule({ controllers: [Orders] }).compile();
    app = module.createNestApplication(new FastifyAdapter(), { logger: false });
    await app.init();
    for (const strategy of [server, second]) connect(app, strategy);
    await at.createTopic(topic);
    await at.createTopic(otherTopic);
    await at.producer.send([{ topic, messages: numbered(5) }]);
    await at.producer.send([{ topic: otherTopic, messages: numbered(2, 100) }]);
    await app.startAllMicroservices();
  });

  afterAll(async () => {
    await app.close();
    await at.close();
  });

  it('begins after what it must wait for, and asks again when that fails', async () => {
    await eventually(() => expect(asked).toBe(2));
    expect(() => server.consumer.check()).toThrow('not started');
    expect(taken).toEqual([]);
    gate.resolve(undefined);
    await eventually(() => expect(taken).toEqual(['0', '1', '2', '3', '4']));
  });

  it('gives each channel its own batches', async () => {
    await eventually(() => expect(other).toEqual(['100', '101']));
    await eventually(async () => expect(await committedOffset(at.kafka, { groupId: otherGroupId, topic: otherTopic })).toBe(2));
  });

  it('hears what the method throws: the batch comes again, and the reason is told', async () => {
    failures = 4;
    await at.producer.send([{ topic, messages: numbered(3, 5) }]);
    await eventually(() => expect(() => server.consumer.check()).toThrow('the database is away'));
    await eventually(() => expect(taken).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']));
    await eventually(() => expect(() => server.consumer.check()).not.toThrow());
    await eventually(async () => expect(await committedOffset(at.kafka, { groupId, topic })).toBe(8));
  });

  it('leaves the group when the application closes', async () => {
    await app.close();
    expect(() => server.consumer.check()).toThrow('stopping');
  });
});
