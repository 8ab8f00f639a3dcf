import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@hookwright/testkit';
import { type Api, type ApiResponse, api } from './api.ts';
import { type ReceivedRequest, Receiver, type WebhookKey, isSignedBy, verified } from './receiver.ts';
import { System } from './system.ts';

let system: System;
let receiver: Receiver;
let partner: Api;
let operator: Api;

beforeAll(async () => {
  receiver = await Receiver.start();
  system = await System.start({ delivery: { RETRY_SCHEDULE_SECONDS: '1,1,1' } });
  operator = api(system.apiUrl, system.operatorToken);
  const { body } = await operator.post('/v1/operator/partners', { name: 'E2E' });
  partner = api(system.apiUrl, (body['api_keys'] as { live: string }).live);
  for (const type of ['order.created', 'refund.created']) {
    const scope = `${type.split('.')[0]}s.read`;
    const eventType = {
      type,
      source: 'installed_merchants',
      required_scope: scope,
      description: type,
      schema: { type: 'object' },
      example: {},
    };
    expect((await operator.post('/v1/operator/event-types', eventType)).status).toBeLessThan(300);
  }
}, 180_000);

afterAll(async () => {
  await system.stop();
  await receiver.stop();
});

interface NewApp {
  readonly id: string;
  readonly secret: string;
  readonly path: string;
}

/** An app that gets everything, with an endpoint of its own. */
async function createApp({ scopes = ['orders.read'], webhook = {} } = {}): Promise<NewApp> {
  const path = `/${randomUUID()}`;
  const { status, body } = await partner.post('/v1/apps', {
    name: 'Ship It',
    permissions: [{ id: 'all', title: 'All it needs', scopes, optional: false }],
    webhook: { url: receiver.url(path), event_sources: ['partner_app', 'installed_merchants'], enabled_events: ['*'], ...webhook },
  });
  expect({ status, body }).toMatchObject({ status: 201 });
  return { id: String(body['id']), secret: (body['webhook'] as { secret: string }).secret, path };
}

/** Installs by the operator API; the app has been told of it when this resolves. */
async function install(
  app: NewApp,
  { merchant = `mer_${randomUUID()}`, scopes = ['orders.read'] } = {},
): Promise<{ id: string; merchant: string }> {
  const told = receiver.at(app.path, 'partner_app.install.created').length;
  const { status, body } = await operator.post('/v1/operator/installations', { app_id: app.id, merchant_id: merchant, scopes });
  expect({ status, body }).toMatchObject({ status: 201 });
  await receiver.arrived(app.path, 'partner_app.install.created', told + 1);
  return { id: String(body['id']), merchant };
}

async function orderCreated(merchant: string, id = randomUUID()): Promise<string> {
  await system.publish({ topic: 'merchant.orders', merchant, type: 'order.created', id, data: { id: 'ord_1', total: 4200 } });
  return id;
}

/**
 * Publishes orders, one after the other, until the witness got one that was sent over a second after now: that is when every change that
 * was answered before must be in effect (api.md). Returns that moment.
 */
async function publishUntilInEffect(witness: NewApp, merchant: string): Promise<number> {
  const inEffectMs = Date.now() + 1000;
  await eventually(
    async () => {
      await orderCreated(merchant);
      const last = receiver.at(witness.path, 'order.created').at(-1);
      if (last === undefined || last.arrivedAtMs <= inEffectMs + 100) throw new Error('the witness got no order since');
    },
    { timeoutMs: 60_000 },
  );
  return inEffectMs;
}

/** Publishes orders, one after the other, until a request carries so many signatures. Returns that one. */
async function signedTimes(signatures: number, app: NewApp, merchant: string): Promise<ReceivedRequest> {
  return await eventually(async () => {
    const before = receiver.at(app.path, 'order.created').length;
    await orderCreated(merchant);
    const request = (await receiver.arrived(app.path, 'order.created', before + 1)).at(-1);
    expect(String(request?.headers['webhook-signature']).split(' ')).toHaveLength(signatures);
    if (request === undefined) throw new Error('unreachable');
    return request;
  });
}

function sentAfter(timeMs: number, app: NewApp): unknown[] {
  return receiver.at(app.path, 'order.created').filter(({ arrivedAtMs }) => arrivedAtMs > timeMs);
}

async function onlyDelivery(app: NewApp, type = 'order.created'): Promise<Record<string, unknown>> {
  const { body } = await partner.get(`/v1/apps/${app.id}/deliveries?event_type=${type}`);
  const [delivery, ...others] = body['data'] as Record<string, unknown>[];
  if (delivery === undefined) throw new Error('no delivery yet');
  expect(others).toEqual([]);
  return delivery;
}

async function attemptsOf(delivery: Record<string, unknown>): Promise<Record<string, unknown>[]> {
  const { body } = await partner.get(`/v1/deliveries/${String(delivery['id'])}/attempts`);
  return body['data'] as Record<string, unknown>[];
}

describe('an event that was published to Kafka', () => {
  it('arrives signed at the app of the merchant, and stands in the log with its attempt', async () => {
    const app = await createApp();
    const { id: installationId, merchant } = await install(app);
    await orderCreated(merchant);

    const [request] = await receiver.arrived(app.path, 'order.created');
    expect(verified(request, app.secret)).toMatchObject({
      id: request.headers['webhook-id'],
      type: 'order.created',
      source: 'installed_merchants',
      app_id: app.id,
      installation_id: installationId,
      installation_generation: 1,
      merchant_id: merchant,
      mode: 'live',
      test: false,
      data: { id: 'ord_1', total: 4200 },
    });
    const delivery = await eventually(async () => {
      const found = await onlyDelivery(app);
      expect(found).toMatchObject({
        status: 'delivered',
        attempt_count: 1,
        event_id: request.headers['webhook-id'],
        last_status_code: 200,
      });
      return found;
    });
    expect(await attemptsOf(delivery)).toMatchObject([{ number: 1, status_code: 200, url: receiver.url(app.path) }]);
  });

  it('is passed on byte for byte', async () => {
    const app = await createApp();
    const { merchant } = await install(app);
    const data = '{ "price": 1.10,"a":"\\u00e9" ,  "big": 12345678901234567890 }';
    await system.publish({ topic: 'merchant.orders', merchant, type: 'order.created', id: randomUUID(), data: Buffer.from(data) });
    const [request] = await receiver.arrived(app.path, 'order.created');
    expect(request.body.endsWith(`"data":${data}}`)).toBe(true);
  });

  it('is delivered once to each of two apps at one merchant', async () => {
    const [one, two] = [await createApp(), await createApp()];
    const { merchant } = await install(one);
    await install(two, { merchant });
    await orderCreated(merchant);
    for (const app of [one, two]) {
      const [request] = await receiver.arrived(app.path, 'order.created');
      expect(verified(request, app.secret)).toMatchObject({ app_id: app.id });
      await eventually(async () => expect(await onlyDelivery(app)).toMatchObject({ status: 'delivered' }));
      expect(receiver.at(app.path, 'order.created')).toHaveLength(1);
    }
  });

  it('comes after the app was told of the installation, however close to it it was published', async () => {
    const apps = [await createApp(), await createApp({ webhook: { max_concurrency: 1 } })];
    const merchants = Array.from({ length: 50 }, () => `mer_${randomUUID()}`);
    const requestsOf = (app: NewApp, merchant: string) =>
      receiver.at(app.path).filter(({ headers }) => headers['webhook-merchant-id'] === merchant);
    for (const merchant of merchants) {
      const installed = Promise.all(
        apps.map(({ id }) => operator.post('/v1/operator/installations', { app_id: id, merchant_id: merchant, scopes: ['orders.read'] })),
      );
      // What is published before ingest knows the installation is for nobody.
      const publishUntilBoth = async (): Promise<void> => {
        await orderCreated(merchant);
        for (const app of apps) expect(requestsOf(app, merchant).length).toBeGreaterThan(1);
      };
      await eventually(publishUntilBoth, { intervalMs: 10 });
      expect((await installed).map(({ status }) => status)).toEqual([201, 201]);
    }
    for (const app of apps) {
      for (const merchant of merchants) {
        const [first, second] = requestsOf(app, merchant).map(({ headers }) => headers['webhook-event-type']);
        expect([first, second]).toEqual(['partner_app.install.created', 'order.created']);
      }
    }
  });

  it('is not sent to an app without its scope', async () => {
    const [without, witness] = [await createApp({ scopes: ['refunds.read'] }), await createApp()];
    const { merchant } = await install(without, { scopes: ['refunds.read'] });
    await install(witness, { merchant });
    await orderCreated(merchant);
    await receiver.arrived(witness.path, 'order.created');
    expect(receiver.at(without.path, 'order.created')).toEqual([]);
    await expect(onlyDelivery(without)).rejects.toThrow('no delivery yet');
  });

  it('is sent once when its source publishes it three times', async () => {
    const app = await createApp();
    const { merchant } = await install(app);
    const id = randomUUID();
    for (let copy = 0; copy < 3; copy++) await orderCreated(merchant, id);
    await orderCreated(merchant);
    const requests = await receiver.arrived(app.path, 'order.created', 2);
    expect(new Set(requests.map(({ headers }) => headers['webhook-id'])).size).toBe(2);
    expect(requests).toHaveLength(2);
  });
});

describe('a failed attempt', () => {
  it('is retried and recorded: a 500, then a 200', async () => {
    const app = await createApp();
    const { merchant } = await install(app);
    let orders = 0;
    receiver.answer(app.path, () => ({ status: orders++ === 0 ? 500 : 200, body: 'thanks' }));
    await orderCreated(merchant);

    const [first, second] = await receiver.arrived(app.path, 'order.created', 2);
    expect(second?.headers).toMatchObject({ 'webhook-id': first.headers['webhook-id'], 'webhook-attempt': '2' });
    expect(second?.body).toBe(first.body);
    const delivery = await eventually(async () => {
      const found = await onlyDelivery(app);
      expect(found).toMatchObject({ status: 'delivered', attempt_count: 2 });
      return found;
    });
    expect(await attemptsOf(delivery)).toMatchObject([
      { number: 1, status_code: 500, error_category: 'http_5xx' },
      { number: 2, status_code: 200, error_category: null },
    ]);
  });

  it('ends as failed after the last try of the schedule', async () => {
    const app = await createApp();
    const { merchant } = await install(app);
    receiver.answer(app.path, () => ({ status: 500 }));
    await orderCreated(merchant);
    await eventually(async () =>
      expect(await onlyDelivery(app)).toMatchObject({ status: 'failed', attempt_count: 4, next_attempt_at: null }),
    );
  });

  it('that is a 410 disables the endpoint, and later events are kept as suppressed', async () => {
    const app = await createApp();
    const { merchant } = await install(app);
    receiver.answer(app.path, () => ({ status: 410 }));
    await orderCreated(merchant);
    await eventually(async () => {
      const { body } = await partner.get(`/v1/apps/${app.id}`);
      expect(body['webhook']).toMatchObject({ status: 'disabled', disabled_reason: 'gone_410' });
    });
    await orderCreated(merchant);
    await eventually(async () => {
      const { body } = await partner.get(`/v1/apps/${app.id}/deliveries?event_type=order.created&status=suppressed`);
      expect(body['data']).toHaveLength(1);
    });
    expect(receiver.at(app.path, 'order.created')).toHaveLength(1);
  });
});

describe('the partner', () => {
  it('rotates the secret: both sign during the overlap', async () => {
    const app = await createApp();
    const { merchant } = await install(app);
    const { status, body } = await partner.post(`/v1/apps/${app.id}/rotate-secret`, { overlap_seconds: 3600 });
    expect({ status, body }).toMatchObject({ status: 200 });
    const request = await signedTimes(2, app, merchant);
    verified(request, app.secret);
    verified(request, String(body['secret']));
  });

  it('chooses ed25519: both schemes sign during the overlap, then the key pair alone', async () => {
    const app = await createApp();
    const { merchant } = await install(app);
    const { status, body } = await partner.patch(`/v1/apps/${app.id}`, { webhook: { signing: { scheme: 'v1a' } } });
    expect({ status, body }).toMatchObject({ status: 200, body: { webhook: { signing: { scheme: 'v1a' } } } });
    const { signing } = body['webhook'] as { signing: { secrets: { id: string }[] } };
    const [young, old] = signing.secrets.map(({ id }) => id);
    const { keys } = (await partner.get(`/v1/.well-known/webhook-keys?app_id=${app.id}`)).body as { keys: [WebhookKey] };
    expect(keys).toMatchObject([{ kid: young }]);
    const during = await signedTimes(2, app, merchant);
    verified(during, app.secret);
    expect(isSignedBy(keys[0], during)).toBe(true);
    expect((await partner.post(`/v1/apps/${app.id}/webhook/secrets/${String(old)}/revoke`)).status).toBe(204);
    expect(isSignedBy(keys[0], await signedTimes(1, app, merchant))).toBe(true);
  });

  it('pauses and resumes: what was published in between waits and then goes out', async () => {
    const [app, witness] = [await createApp(), await createApp()];
    const { merchant } = await install(app);
    await install(witness, { merchant });
    expect((await partner.post(`/v1/apps/${app.id}/webhook/pause`)).status).toBe(200);
    await publishUntilInEffect(witness, merchant);
    const sent = receiver.at(app.path, 'order.created').length;
    await eventually(async () => {
      const { body } = await partner.get(`/v1/apps/${app.id}/deliveries?event_type=order.created&status=pending`);
      expect(body['data']).not.toEqual([]);
    });
    const published = receiver.at(witness.path, 'order.created').length;
    expect((await partner.post(`/v1/apps/${app.id}/webhook/resume`)).status).toBe(200);
    await receiver.arrived(app.path, 'order.created', published);
    expect(published).toBeGreaterThan(sent);
  });

  it('tells how the endpoint is doing: attempts within seconds of the first one, and what waits', async () => {
    const app = await createApp();
    const { merchant } = await install(app);
    expect((await partner.post(`/v1/apps/${app.id}/webhook/pause`)).status).toBe(200);
    await eventually(
      async () => {
        await orderCreated(merchant);
        const { status, body } = await partner.get(`/v1/apps/${app.id}/webhook/health`);
        expect({ status, body }).toMatchObject({
          status: 200,
          body: {
            breaker: { state: 'closed', reason: null },
            success_rate: { '5m': 1, '1h': 1, '24h': 1 },
            warnings: [],
            failing_since: null,
          },
        });
        expect(body['backlog']).toBeGreaterThan(0);
      },
      { timeoutMs: 30_000 },
    );
  });

  it('suspends an installation: the app is told and gets nothing of that merchant, until it is unsuspended', async () => {
    const [app, witness] = [await createApp(), await createApp()];
    const { id, merchant } = await install(app);
    await install(witness, { merchant });
    const at = `/v1/apps/${app.id}/installations/${id}`;
    expect(await partner.post(`${at}/suspend`, { reason: 'a dispute' })).toMatchObject({ status: 200, body: { status: 'suspended' } });
    const inEffectMs = await publishUntilInEffect(witness, merchant);
    await receiver.arrived(app.path, 'partner_app.install.suspended');
    expect(sentAfter(inEffectMs, app)).toEqual([]);

    expect(await partner.post(`${at}/unsuspend`)).toMatchObject({ status: 200, body: { status: 'active' } });
    await receiver.arrived(app.path, 'partner_app.install.unsuspended');
    const before = receiver.at(app.path, 'order.created').length;
    await publishUntilInEffect(witness, merchant);
    await receiver.arrived(app.path, 'order.created', before + 1);
  });

  it('uninstalls: the app is told, and nothing else of that merchant is sent', async () => {
    const [app, witness] = [await createApp(), await createApp()];
    const { id, merchant } = await install(app);
    await install(witness, { merchant });
    expect((await partner.post(`/v1/apps/${app.id}/installations/${id}/revoke`)).status).toBe(200);
    const inEffectMs = await publishUntilInEffect(witness, merchant);
    await receiver.arrived(app.path, 'partner_app.install.revoked');
    expect(receiver.at(app.path, 'partner_app.install.revoked')).toHaveLength(1);
    expect(sentAfter(inEffectMs, app)).toEqual([]);
  });

  it('deletes the app: 404 from then on, and nothing is sent', async () => {
    const [app, witness] = [await createApp(), await createApp()];
    const { merchant } = await install(app);
    await install(witness, { merchant });
    expect((await partner.delete(`/v1/apps/${app.id}`)).status).toBe(204);
    expect((await partner.get(`/v1/apps/${app.id}`)).status).toBe(404);
    const inEffectMs = await publishUntilInEffect(witness, merchant);
    expect(sentAfter(inEffectMs, app)).toEqual([]);
  });

  it('changes its choice of events: what it chose no more is not sent', async () => {
    const [app, witness] = [await createApp(), await createApp()];
    const { merchant } = await install(app);
    await install(witness, { merchant });
    expect((await partner.patch(`/v1/apps/${app.id}`, { webhook: { enabled_events: ['partner_app.*'] } })).status).toBe(200);
    const inEffectMs = await publishUntilInEffect(witness, merchant);
    expect(sentAfter(inEffectMs, app)).toEqual([]);
  });

  it('sees nothing of another partner', async () => {
    const app = await createApp();
    const { body } = await operator.post('/v1/operator/partners', { name: 'Another' });
    const stranger = api(system.apiUrl, (body['api_keys'] as { live: string }).live);
    const unknown = await stranger.get('/v1/apps/app_00000000000000000000000000');
    const foreign = await stranger.get(`/v1/apps/${app.id}`);
    expect(comparable(foreign)).toEqual(comparable(unknown));
    expect(foreign.status).toBe(404);
  });
});

describe('a killed process', () => {
  it('kill -9 of delivery in the middle of 300 requests loses nothing, and repeats only what was in flight', async () => {
    const app = await createApp({ webhook: { max_concurrency: 10 } });
    const { merchant } = await install(app);
    const half = Promise.withResolvers<undefined>();
    receiver.answer(app.path, (_request, number) => {
      if (number === 150) half.resolve(undefined);
      return { status: 200 };
    });
    const ids = await Promise.all(Array.from({ length: 300 }, () => orderCreated(merchant)));
    await half.promise;
    await system.kill('delivery');
    await system.restart('delivery');
    await eventually(
      () => {
        const seen = new Set(receiver.at(app.path, 'order.created').map(({ headers }) => headers['webhook-id']));
        expect(seen.size).toBe(ids.length);
      },
      { timeoutMs: 60_000 },
    );
    await eventually(async () => {
      const { body } = await partner.get(`/v1/apps/${app.id}/deliveries?event_type=order.created&status=delivered&limit=100`);
      expect(body['data']).toHaveLength(100);
    });
  }, 120_000);
});

/** An answer without what differs in each: the request's id and path. */
function comparable({ status, body }: ApiResponse): unknown {
  const { request_id: _id, instance: _instance, ...rest } = body;
  return { status, ...rest };
}
