import { create } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  DeliveryStatus,
  EventSource,
  ListAttemptsRequestSchema,
  type ListDeliveriesRequest,
  ListDeliveriesRequestSchema,
} from '@hookwright/contracts';
import { type TestDatabase, createDatabase } from '@hookwright/testkit';
import type { DeliveryRecord } from '../log/delivery-record.ts';
import { testLog } from '../rig/log.ts';
import { testRecord } from '../rig/records.ts';
import { DeliveriesRepository } from './deliveries.repository.ts';
import { DeliveriesService } from './deliveries.service.ts';

const NOW_MS = Date.now();
let database: TestDatabase;
let repository: DeliveriesRepository;
let service: DeliveriesService;
let records: DeliveryRecord[];

beforeAll(async () => {
  database = await createDatabase('delivery');
  repository = new DeliveriesRepository(database.pool);
  service = new DeliveriesService(repository, 9);
  records = [
    testRecord({ appId: 'app_1', createdAtMs: NOW_MS - 5000, type: 'order.created', attempt: {} }),
    testRecord({ appId: 'app_1', createdAtMs: NOW_MS - 4000, type: 'order.updated', merchantId: 'mer_2', delivery: { trigger: 'test' } }),
    testRecord({
      appId: 'app_1',
      createdAtMs: NOW_MS - 3000,
      delivery: { installationId: 'ins_2' },
      attempt: { statusCode: 500, errorCategory: 'http_5xx' },
      record: { status: 'retry_scheduled', dueInMs: 60_000 },
    }),
    testRecord({
      appId: 'app_1',
      createdAtMs: NOW_MS - 2000,
      record: { status: 'suppressed', reason: 'endpoint_disabled', dueInMs: null },
    }),
    // Two in the same millisecond.
    testRecord({ appId: 'app_1', createdAtMs: NOW_MS - 1000, source: EventSource.PARTNER_APP }),
    testRecord({ appId: 'app_1', createdAtMs: NOW_MS - 1000 }),
    testRecord({ appId: 'app_2', createdAtMs: NOW_MS, attempt: {} }),
  ];
  const log = testLog(database.pool);
  await Promise.all(records.map((record) => new Promise<void>((resolve) => log.record(record, resolve))));
  const leased = records[5]!.delivery.id;
  await database.pool.query(`UPDATE delivery SET lease_owner = 'x', lease_until = now() + interval '1 hour' WHERE id = $1`, [leased]);
});

afterAll(async () => {
  await repository.close();
  await database.drop();
});

const idOf = (at: number): string => records[at]!.delivery.id;

async function list(request: Partial<Omit<ListDeliveriesRequest, '$typeName' | '$unknown'>>): Promise<string[]> {
  const { deliveries = [] } = await service.list(create(ListDeliveriesRequestSchema, { appId: 'app_1', ...request }));
  return deliveries.map(({ id = '' }) => id);
}

describe('DeliveriesService', () => {
  it('lists an app’s deliveries, newest first, page by page', async () => {
    const all = await list({});
    expect(all).toHaveLength(6);
    expect(all.slice(2)).toEqual([idOf(3), idOf(2), idOf(1), idOf(0)]);
    const paged: string[] = [];
    let cursor = '';
    do {
      const page = await service.list(create(ListDeliveriesRequestSchema, { appId: 'app_1', limit: 1, cursor }));
      paged.push(...(page.deliveries ?? []).map(({ id = '' }) => id));
      cursor = page.nextCursor ?? '';
    } while (cursor !== '');
    expect(paged).toEqual(all);
  });

  it.each<[string, Parameters<typeof list>[0], number[]]>([
    ['status', { status: DeliveryStatus.DELIVERED }, [0]],
    ['status pending, which a delivery in flight is not', { status: DeliveryStatus.PENDING }, [4, 1]],
    ['status in flight', { status: DeliveryStatus.IN_FLIGHT }, [5]],
    ['event type', { eventType: 'order.updated' }, [1]],
    ['merchant', { merchantId: 'mer_2' }, [1]],
    ['installation', { installationId: 'ins_2' }, [2]],
    ['status code', { statusCode: 500 }, [2]],
    ['error category', { errorCategory: 'http_5xx' }, [2]],
    ['trigger', { trigger: 'test' }, [1]],
    ['time', { createdAfterMs: BigInt(NOW_MS - 4000), createdBeforeMs: BigInt(NOW_MS - 1000) }, [3, 2]],
    ['several at once', { status: DeliveryStatus.DELIVERED, merchantId: 'mer_2' }, []],
  ])('filters by %s', async (_name, filter, expected) => {
    expect(await list(filter)).toEqual(expected.map(idOf));
  });

  it('refuses a cursor that is not its own', async () => {
    await expect(list({ cursor: 'bm9uZQ' })).rejects.toMatchObject({ code: 'invalid_cursor' });
  });

  it('tells all about a delivery', async () => {
    const { delivery } = await service.get(idOf(2));
    expect(delivery).toMatchObject({
      id: idOf(2),
      appId: 'app_1',
      eventType: 'order.created',
      source: EventSource.INSTALLED_MERCHANTS,
      installationId: 'ins_2',
      status: DeliveryStatus.RETRY_SCHEDULED,
      attemptCount: 1,
      maxAttempts: 9,
      lastStatusCode: 500,
      lastErrorCategory: 'http_5xx',
      createdAtMs: BigInt(NOW_MS - 3000),
      firstAttemptAtMs: BigInt(NOW_MS - 3000 + 5),
    });
    expect(delivery?.nextAttemptAtMs).toBeGreaterThan(BigInt(Date.now()));
    expect(delivery?.deliveredAtMs).toBeUndefined();
    expect((await service.get(idOf(0))).delivery).toMatchObject({
      status: DeliveryStatus.DELIVERED,
      deliveredAtMs: BigInt(NOW_MS - 5000 + 17),
    });
    expect((await service.get(idOf(4))).delivery).toMatchObject({ source: EventSource.PARTNER_APP, status: DeliveryStatus.PENDING });
  });

  it('tells the attempts of a delivery, with the response only when asked', async () => {
    const [plain] = (await service.listAttempts(create(ListAttemptsRequestSchema, { deliveryId: idOf(0) }))).attempts ?? [];
    expect(plain).toMatchObject({
      number: 1,
      statusCode: 200,
      durationMs: 12,
      signedWith: ['sec_1', 'sec_2'],
      url: 'https://shipit.example/hooks',
    });
    expect(plain?.responseBody).toBeUndefined();
    const request = create(ListAttemptsRequestSchema, { deliveryId: idOf(0), includeResponse: true });
    const [whole] = (await service.listAttempts(request)).attempts ?? [];
    expect(Buffer.from(whole?.responseBody ?? []).toString()).toBe('ok');
    expect(whole?.responseHeaders).toEqual({ 'content-type': 'text/plain' });
  });

  it('does not find what is not there', async () => {
    await expect(service.get('dlv_none')).rejects.toMatchObject({ code: 'not_found' });
    await expect(service.listAttempts(create(ListAttemptsRequestSchema, { deliveryId: 'dlv_none' }))).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});
