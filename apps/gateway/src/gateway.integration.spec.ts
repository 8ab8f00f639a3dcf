import net from 'node:net';
import {
  DeliveryStatus,
  EndpointStatus,
  EventSource,
  InstallationStatus,
  Mode,
  PayloadStyle,
  Scheme,
  Visibility,
} from '@hookwright/contracts';
import { Problem, notFound, validationFailed } from '@hookwright/runtime';
import { type TestDatabase, createDatabase, eventually, uniqueName, useStores } from '@hookwright/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ApiKeys } from './api-keys/api-keys.ts';
import { SCOPES } from './access/scopes.ts';
import { type Gateway, OPERATOR_TOKEN, call, startGateway } from './gateway.fixture.ts';

let database: TestDatabase;
let gateway: Gateway;
let redisUrl: string;
let key: string;
let testKey: string;
const partnerId = `par_${uniqueName().replace(/[^a-z0-9]/g, '')}`;

const webhook = {
  url: 'https://shipit.example/hooks',
  status: EndpointStatus.ENABLED,
  eventSources: [EventSource.PARTNER_APP, EventSource.INSTALLED_MERCHANTS],
  enabledEvents: ['*'],
  payloadStyle: PayloadStyle.FULL,
  apiVersion: '2026-11-01',
  maxConcurrency: 10,
  timeoutSeconds: 10,
};
const app = {
  id: 'app_1',
  partnerId,
  name: 'Ship It',
  mode: Mode.LIVE,
  visibility: Visibility.PRIVATE,
  clientId: 'client_1',
  createdAtMs: 1_795_600_000_000n,
  updatedAtMs: 1_795_600_000_001n,
  revision: 7n,
};
const secret = { id: 'sec_1', appId: 'app_1', scheme: Scheme.V1, prefix: 'whsec_ab', createdAtMs: 1_795_600_000_000n };
const APP_BODY = { name: 'Ship It', webhook: { url: 'https://shipit.example/hooks' } };

async function newKey(scopes: readonly string[] = SCOPES, mode: 'live' | 'test' = 'live'): Promise<string> {
  // The pool's first connection may take longer than a caller waits for it while the machine is busy.
  const [created] = await eventually(() => gateway.app.get(ApiKeys).create(partnerId, [mode], scopes));
  return created!.key;
}

beforeAll(async () => {
  const stores = await useStores(['postgres', 'redis']);
  redisUrl = stores.redisUrl;
  database = await createDatabase('gateway');
  gateway = await startGateway({ databaseUrl: database.url, redisUrl });
  key = await newKey();
  testKey = await newKey(SCOPES, 'test');
});

afterAll(async () => {
  await gateway.stop();
  await database.drop();
});

beforeEach(() => {
  gateway.registry.handlers = {};
  gateway.vault.handlers = {};
  gateway.deliveryLog.handlers = {};
});

describe('an app', () => {
  it('is created with its endpoint, its secret once, and an ETag', async () => {
    const calls: string[] = [];
    gateway.vault.handlers.createSecret = ({ appId }) => {
      calls.push(`vault ${appId}`);
      return { info: { ...secret, appId }, secret: 'whsec_secret' };
    };
    gateway.registry.handlers.createApp = ({ appId, tenant }) => {
      calls.push(`registry ${appId}`);
      expect(tenant).toMatchObject({ partnerId, mode: Mode.LIVE });
      return { app: { ...app, id: appId, webhook } };
    };
    const { status, headers, body } = await call(gateway, 'POST /v1/apps', { key, body: APP_BODY });
    expect({ status, body }).toMatchObject({ status: 201 });
    expect(calls).toEqual([`vault ${String(body['id'])}`, `registry ${String(body['id'])}`]);
    expect(headers.get('etag')).toBe('"7"');
    expect(body).toEqual({
      id: expect.stringMatching(/^app_[0-9a-z]{26}$/),
      name: 'Ship It',
      description: '',
      mode: 'live',
      visibility: 'private',
      redirect_uris: [],
      permissions: [],
      client_id: 'client_1',
      webhook: {
        url: 'https://shipit.example/hooks',
        status: 'enabled',
        disabled_reason: null,
        disabled_at: null,
        event_sources: ['partner_app', 'installed_merchants'],
        enabled_events: ['*'],
        payload_style: 'full',
        api_version: '2026-11-01',
        max_concurrency: 10,
        rate_limit_per_minute: null,
        timeout_seconds: 10,
        signing: {
          scheme: 'v1',
          secrets: [{ id: 'sec_1', prefix: 'whsec_ab', created_at: '2026-11-25T09:46:40.000Z', expires_at: null, last_used_at: null }],
        },
        secret: 'whsec_secret',
      },
      created_at: '2026-11-25T09:46:40.000Z',
      updated_at: '2026-11-25T09:46:40.001Z',
    });
  });

  it('is read without its secret; a page of apps asks the vault once', async () => {
    let questions = 0;
    gateway.registry.handlers.listApps = ({ page }) => {
      expect(page).toMatchObject({ limit: 2, cursor: 'abc' });
      return {
        apps: [
          { ...app, webhook },
          { ...app, id: 'app_2', webhook },
          { ...app, id: 'app_3' },
        ],
        nextCursor: 'next',
      };
    };
    gateway.vault.handlers.listSecrets = ({ appIds }) => {
      questions++;
      expect(appIds).toEqual(['app_1', 'app_2']);
      return { secrets: [secret, { ...secret, id: 'sec_2', appId: 'app_2' }] };
    };
    const { status, body } = await call(gateway, 'GET /v1/apps?limit=2&cursor=abc', { key });
    expect(status).toBe(200);
    expect(body['next_cursor']).toBe('next');
    expect(body['data']).toMatchObject([
      { webhook: { signing: { secrets: [{ id: 'sec_1' }] } } },
      { webhook: { signing: { secrets: [{ id: 'sec_2' }] } } },
      { webhook: null },
    ]);
    expect(JSON.stringify(body)).not.toContain('"secret"');
    expect(questions).toBe(1);
  });

  it('that the registry refuses leaves no secret behind', async () => {
    const erased: string[] = [];
    gateway.vault.handlers.createSecret = ({ appId }) => ({ info: { ...secret, appId }, secret: 'whsec_secret' });
    gateway.vault.handlers.eraseSecrets = ({ appId }) => {
      erased.push(appId);
      return {};
    };
    gateway.registry.handlers.createApp = () => {
      throw validationFailed([{ pointer: '/webhook/url', code: 'url_blocked', message: 'leads to 127.0.0.1' }]);
    };
    gateway.registry.handlers.getApp = () => {
      throw notFound('app');
    };
    const { status, body } = await call(gateway, 'POST /v1/apps', { key, body: APP_BODY });
    expect({ status, body }).toMatchObject({ status: 422, body: { code: 'url_blocked', errors: [{ pointer: '/webhook/url' }] } });
    await eventually(() => expect(erased).toHaveLength(1));
    await eventually(async () => expect((await database.pool.query('select 1 from secret_erasure')).rowCount).toBe(0));
  });

  it.each([
    ['with an endpoint', APP_BODY],
    ['without one', { name: 'ShipIt' }],
  ])('%s that may have been created although it was answered 503 is deleted', async (_, body) => {
    const calls: string[] = [];
    gateway.vault.handlers.createSecret = ({ appId }) => ({ info: { ...secret, appId }, secret: 'whsec_secret' });
    gateway.vault.handlers.eraseSecrets = () => {
      calls.push('erase');
      return {};
    };
    gateway.registry.handlers.createApp = () => {
      throw new Problem('service_unavailable', 'A store is away.', { retryAfterSeconds: 2 });
    };
    gateway.registry.handlers.getApp = ({ appId }) => ({ app: { ...app, id: appId, webhook } });
    gateway.registry.handlers.deleteApp = () => {
      calls.push('delete');
      return {};
    };
    const { status, headers } = await call(gateway, 'POST /v1/apps', { key, body });
    expect(status).toBe(503);
    expect(headers.get('retry-after')).toBe('2');
    await eventually(() => expect(calls).toEqual(['delete', 'erase']));
  });

  it('is deleted at once although the vault is away, which is told later', async () => {
    let vaultIsAway = true;
    let deleted = false;
    const erased: string[] = [];
    gateway.registry.handlers.getApp = ({ appId }) => {
      if (deleted) throw notFound('app');
      return { app: { ...app, id: appId, webhook } };
    };
    gateway.registry.handlers.deleteApp = () => {
      deleted = true;
      return {};
    };
    gateway.vault.handlers.eraseSecrets = ({ appId }) => {
      if (vaultIsAway) throw new Problem('service_unavailable', 'The vault is away.');
      erased.push(appId);
      return {};
    };
    expect((await call(gateway, 'DELETE /v1/apps/app_1', { key })).status).toBe(204);
    const { rows } = await database.pool.query('select app_id, reason from secret_erasure');
    expect(rows).toEqual([{ app_id: 'app_1', reason: 'app_deleted' }]);
    vaultIsAway = false;
    await eventually(() => expect(erased).toEqual(['app_1']));
  });

  it('is deleted although many are at the same time: none waits for a connection that the others hold', async () => {
    gateway.registry.handlers.getApp = ({ appId }) => ({ app: { ...app, id: appId, webhook } });
    gateway.registry.handlers.deleteApp = () => ({});
    gateway.vault.handlers.eraseSecrets = () => ({});
    const deletions = Array.from({ length: 40 }, (_, n) => call(gateway, `DELETE /v1/apps/app_${n}`, { key }));
    const statuses = (await Promise.all(deletions)).map(({ status }) => status);
    expect(statuses).toEqual(Array.from({ length: 40 }, () => 204));
  });

  it('gets its first endpoint by PATCH, with its secret; null removes both', async () => {
    let current: typeof app & { webhook?: typeof webhook } = app;
    const calls: string[] = [];
    gateway.registry.handlers.getApp = () => ({ app: current });
    gateway.registry.handlers.updateApp = ({ app: patch }) => {
      calls.push(`update ${String(patch?.webhookChange.case)}`);
      current = patch?.webhookChange.case === 'webhook' ? { ...app, webhook } : app;
      return { app: current, endpointCreated: true };
    };
    gateway.vault.handlers.createSecret = () => {
      calls.push('create secret');
      return { info: secret, secret: 'whsec_secret' };
    };
    gateway.vault.handlers.eraseSecrets = () => {
      calls.push('erase');
      return {};
    };
    gateway.vault.handlers.listSecrets = () => ({ secrets: [secret] });
    const first = await call(gateway, 'PATCH /v1/apps/app_1', { key, body: { webhook: { url: 'https://shipit.example/hooks' } } });
    expect(first).toMatchObject({ status: 200, body: { webhook: { secret: 'whsec_secret' } } });
    const second = await call(gateway, 'PATCH /v1/apps/app_1', {
      key,
      body: JSON.stringify({ webhook: { max_concurrency: 5 } }),
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(second.status).toBe(200);
    expect(second.body['webhook']).not.toHaveProperty('secret');
    const third = await call(gateway, 'PATCH /v1/apps/app_1', { key, body: { webhook: null } });
    expect(third).toMatchObject({ status: 200, body: { webhook: null } });
    expect(calls).toEqual(['create secret', 'update webhook', 'update webhook', 'update removeWebhook', 'erase']);
  });

  it('is patched only while it is what If-Match says', async () => {
    gateway.registry.handlers.updateApp = ({ ifRevision }) => {
      if (ifRevision !== 7n) throw new Problem('precondition_failed', 'The app was changed since.');
      return { app };
    };
    const patch = async (ifMatch: string): Promise<number> =>
      (await call(gateway, 'PATCH /v1/apps/app_1', { key, body: { name: 'B' }, headers: { 'if-match': ifMatch } })).status;
    expect(await patch('"7"')).toBe(200);
    expect(await patch('"6"')).toBe(412);
    expect(await patch('W/"7"')).toBe(412);
  });
});

describe('a wrong body', () => {
  it.each([
    ['no name', {}, 'missing_field', ['/name']],
    ['a read-only field', { name: 'a', id: 'app_1', created_at: 'x' }, 'unknown_field', ['/id', '/created_at']],
    ['a partner of its own', { name: 'a', partner_id: 'par_x' }, 'unknown_field', ['/partner_id']],
    [
      'a read-only field of the webhook',
      { name: 'a', webhook: { url: 'https://a.example', status: 'enabled' } },
      'unknown_field',
      ['/webhook/status'],
    ],
    ['a wrong type', { name: 7 }, 'invalid_field', ['/name']],
    ['NUL in a name', { name: 'a\u0000b' }, 'invalid_field', ['/name']],
    ['CR and LF in a name', { name: 'a\r\nx: y' }, 'invalid_field', ['/name']],
    ['several faults', { name: '', webhook: {} }, 'validation_failed', ['/name', '/webhook/url']],
    ['no object', [], 'invalid_field', ['']],
  ])('with %s is 422 with pointers', async (_what, body, code, pointers) => {
    const answer = await call(gateway, 'POST /v1/apps', { key, body });
    expect(answer.headers.get('content-type')).toMatch('application/problem+json');
    expect(answer).toMatchObject({ status: 422, body: { code, status: 422, instance: '/v1/apps', type: `/docs/errors#${code}` } });
    expect((answer.body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer)).toEqual(pointers);
    expect(answer.body['request_id']).toBe(answer.headers.get('x-request-id'));
  });

  it.each([
    ['is broken JSON', '{"name":', 400, 'invalid_json'],
    ['is not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 400, 'invalid_json'],
    ['has 65 levels', '['.repeat(65) + ']'.repeat(65), 400, 'nesting_too_deep'],
    ['has 100,000 levels', '['.repeat(100_000), 400, 'nesting_too_deep'],
    ['has __proto__', '{"name":"a","__proto__":{"admin":true}}', 400, 'invalid_request'],
    ['has constructor.prototype', '{"name":"a","constructor":{"prototype":{}}}', 400, 'invalid_request'],
    ['has more than 1 MiB', JSON.stringify({ name: 'a'.repeat(1024 * 1024) }), 413, 'body_too_large'],
    ['is nothing', undefined, 422, 'missing_field'],
  ])('that %s', async (_what, body, status, code) => {
    expect(await call(gateway, 'POST /v1/apps', { key, body })).toMatchObject({ status, body: { code, status } });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/xml'])(
    'of type %s is 415',
    async (type) => {
      const answer = await call(gateway, 'POST /v1/apps', { key, body: 'name=a', headers: { 'content-type': type } });
      expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
    },
  );

  it('is told without waiting for a dependency', async () => {
    const answer = await call(gateway, 'POST /v1/apps/app_1/rotate-secret', { key, body: { overlap_seconds: 604_801 } });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '/overlap_seconds' }] } });
  });
});

describe('a request that fits no route', () => {
  it.each([
    ['GET /v1/nothing', 404, 'not_found'],
    ['GET /', 404, 'not_found'],
    ['GET /v1/apps/', 404, 'not_found'],
    ['GET /v1/apps/..%2f..%2fetc', 404, 'not_found'],
    ['GET /v1/apps/a%00b', 404, 'not_found'],
    ['GET /v1/apps/%zz', 400, 'invalid_request'],
    [`GET /v1/apps/${'a'.repeat(200)}`, 414, 'uri_too_long'],
    ['PUT /v1/apps', 405, 'method_not_allowed'],
    ['DELETE /v1/apps', 405, 'method_not_allowed'],
    ['OPTIONS /v1/apps', 405, 'method_not_allowed'],
    ['POST /v1/apps/app_1', 405, 'method_not_allowed'],
  ])('%s: %i', async (route, status, code) => {
    const answer = await call(gateway, route, { key });
    expect(answer).toMatchObject({ status, body: { code } });
    expect(answer.headers.get('content-type')).toMatch('application/problem+json');
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
    if (status === 405) expect(answer.headers.get('allow')).toBeTruthy();
  });

  it.each([
    ['has headers of 20 KiB', `GET /v1/apps HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`, '431', 'headers_too_large'],
    ['is no HTTP', 'hello\r\n\r\n', '400', 'invalid_request'],
  ])('and %s', async (_what, bytes, status, code) => {
    const text = await rawRequest(bytes);
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(text).toContain(`"code":"${code}"`);
    expect(text).toContain('application/problem+json');
  });
});

async function rawRequest(bytes: string): Promise<string> {
  const socket = net.connect(Number(new URL(gateway.url).port), '127.0.0.1');
  socket.write(bytes);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

describe('a query', () => {
  it.each([
    ['limit=0', '/limit'],
    ['limit=101', '/limit'],
    ['limit=x', '/limit'],
    ['status=gone', '/status'],
    ['status=failed&status=pending', '/status'],
    ['merchant_id=a%0d%0ab', '/merchant_id'],
    ['created_after=yesterday', '/created_after'],
    ['state=failed', '/state'],
  ])('?%s is 422', async (query, pointer) => {
    const answer = await call(gateway, `GET /v1/apps/app_1/deliveries?${query}`, { key });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer }] } });
  });

  it('is passed on whole', async () => {
    gateway.registry.handlers.getApp = () => ({ app });
    gateway.deliveryLog.handlers.listDeliveries = (request) => {
      expect(request).toMatchObject({
        appId: 'app_1',
        status: DeliveryStatus.FAILED,
        eventType: 'order.created',
        merchantId: 'mer_1',
        installationId: 'ins_1',
        statusCode: 500,
        errorCategory: 'http_5xx',
        trigger: 'replay',
        createdAfterMs: 1_764_028_800_000n,
        limit: 3,
      });
      return { deliveries: [], nextCursor: '' };
    };
    const query =
      'status=failed&event_type=order.created&merchant_id=mer_1&installation_id=ins_1&status_code=500&error_category=http_5xx&trigger=replay&created_after=2025-11-25T00:00:00Z&limit=3';
    expect(await call(gateway, `GET /v1/apps/app_1/deliveries?${query}`, { key })).toMatchObject({
      status: 200,
      body: { data: [], next_cursor: null },
    });
  });
});

describe('a dependency that is away', () => {
  it('is 503 with Retry-After within 2 s', async () => {
    const alone = await startGateway({ databaseUrl: database.url, redisUrl });
    try {
      alone.registry.stop();
      const started = performance.now();
      const answer = await call(alone, 'GET /v1/apps', { key });
      expect(answer).toMatchObject({ status: 503, body: { code: 'service_unavailable' } });
      expect(answer.headers.get('retry-after')).toBe('2');
      expect(performance.now() - started).toBeLessThan(2000);
    } finally {
      await alone.stop();
    }
  });

  it('and hangs is 503 within 2 s', async () => {
    const { promise, resolve } = Promise.withResolvers<never>();
    gateway.registry.handlers.getApp = () => promise;
    const started = performance.now();
    expect(await call(gateway, 'GET /v1/apps/app_1', { key })).toMatchObject({ status: 503 });
    expect(performance.now() - started).toBeLessThan(2100);
    resolve(undefined as never);
  });

  it('may be Redis: nobody is limited then', async () => {
    const alone = await startGateway({ databaseUrl: database.url, redisUrl: 'redis://127.0.0.1:1' });
    try {
      alone.registry.handlers.listApps = () => ({ apps: [] });
      const answer = await call(alone, 'GET /v1/apps', { key });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('ratelimit-policy')).toBe('"default";q=100000;w=60');
    } finally {
      await alone.stop();
    }
  });

  it('may be its own database: 503, and /health says so', async () => {
    const alone = await startGateway({ databaseUrl: 'postgresql://nobody@127.0.0.1:1/none', redisUrl });
    try {
      expect(await call(alone, 'GET /v1/apps', { key })).toMatchObject({ status: 503, body: { code: 'service_unavailable' } });
      expect(await call(alone, 'GET /health/ready')).toMatchObject({ status: 503, body: { error: { postgres: { status: 'down' } } } });
      expect(await call(alone, 'GET /health/system')).toMatchObject({
        status: 503,
        body: { status: 'error', services: { gateway: { status: 'down', reason: expect.stringContaining('postgres') } } },
      });
      expect((await call(alone, 'GET /health/live')).status).toBe(200);
    } finally {
      await alone.stop();
    }
  });
});

describe('the rate limit', () => {
  it('counts per key, says what is left, and answers 429 with Retry-After', async () => {
    const limited = await startGateway({ databaseUrl: database.url, redisUrl }, { RATE_LIMIT_PER_MINUTE: '5' });
    try {
      limited.registry.handlers.listEventTypes = () => ({ eventTypes: [] });
      const own = await newKey();
      const answers = [];
      for (let n = 0; n < 7; n++) answers.push(await call(limited, 'GET /v1/event-types', { key: own }));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429, 429]);
      expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"default";q=5;w=60');
      expect(answers[0]?.headers.get('ratelimit')).toMatch(/^"default";r=4;t=\d+$/);
      expect(answers[5]?.body).toMatchObject({ code: 'rate_limited' });
      expect(Number(answers[5]?.headers.get('retry-after'))).toBeGreaterThan(50);
      expect((await call(limited, 'GET /v1/event-types', { key: await newKey() })).status).toBe(200);
      expect((await call(limited, 'GET /health/live')).headers.get('ratelimit')).toBeNull();
    } finally {
      await limited.stop();
    }
  });
});

describe('deliveries', () => {
  it('of an app in the other mode are not found', async () => {
    gateway.deliveryLog.handlers.getDelivery = () => ({ delivery: { id: 'dlv_1', appId: 'app_1' } });
    gateway.registry.handlers.getApp = ({ tenant }) => {
      expect(tenant?.mode).toBe(Mode.TEST);
      throw notFound('app');
    };
    const foreign = await call(gateway, 'GET /v1/deliveries/dlv_1', { key: testKey });
    gateway.deliveryLog.handlers.getDelivery = () => {
      throw notFound('delivery');
    };
    const unknown = await call(gateway, 'GET /v1/deliveries/dlv_1', { key: testKey });
    expect(foreign.status).toBe(404);
    expect({ ...foreign.body, request_id: '' }).toEqual({ ...unknown.body, request_id: '' });
  });

  it('show their attempts, and on demand what the endpoint answered', async () => {
    const attempt = {
      id: 'att_1',
      number: 1,
      url: 'https://a.example',
      startedAtMs: 1n,
      durationMs: 5,
      statusCode: 500,
      errorCategory: 'http_5xx',
      responseHeaders: { a: 'b' },
      responseBody: Buffer.from('no'),
      signedWith: ['sec_1'],
    };
    gateway.deliveryLog.handlers.getDelivery = () => ({ delivery: { id: 'dlv_1', appId: 'app_1' } });
    gateway.registry.handlers.getApp = () => ({ app });
    gateway.deliveryLog.handlers.listAttempts = () => ({ attempts: [attempt] });
    const plain = await call(gateway, 'GET /v1/deliveries/dlv_1/attempts', { key });
    expect(plain.body['data']).toMatchObject([{ status_code: 500, response_body: null, signed_with: ['sec_1'] }]);
    const whole = await call(gateway, 'GET /v1/deliveries/dlv_1/attempts?include=request,response', { key });
    expect(whole.body['data']).toMatchObject([{ response_body: 'no', response_headers: { a: 'b' } }]);
  });
});

describe('the operator', () => {
  it('creates a partner whose keys work until they are deleted', async () => {
    gateway.registry.handlers.createPartner = ({ id, name }) => ({ partner: { id, name, createdAtMs: 0n } });
    gateway.registry.handlers.getPartner = ({ id }) => ({ partner: { id, name: 'A', createdAtMs: 0n } });
    gateway.registry.handlers.listApps = () => ({ apps: [] });
    const created = await call(gateway, 'POST /v1/operator/partners', { key: OPERATOR_TOKEN, body: { name: 'A' } });
    expect(created).toMatchObject({ status: 201, body: { name: 'A', api_keys: { live: expect.stringMatching(/^hw_live_/) } } });
    const { id, api_keys: keys } = created.body as { id: string; api_keys: { live: string; test: string } };
    expect((await call(gateway, 'GET /v1/apps', { key: keys.live })).status).toBe(200);
    const further = await call(gateway, `POST /v1/operator/partners/${id}/keys`, {
      key: OPERATOR_TOKEN,
      body: { mode: 'live', scopes: ['installs.read'] },
    });
    expect(further).toMatchObject({ status: 201, body: { id: expect.stringMatching(/^key_/) } });
    const { id: keyId, key: furtherKey } = further.body as { id: string; key: string };
    expect(await call(gateway, 'GET /v1/apps', { key: furtherKey })).toMatchObject({ status: 403, body: { code: 'insufficient_scope' } });
    const listed = await call(gateway, `GET /v1/operator/partners/${id}/keys`, { key: OPERATOR_TOKEN });
    expect(listed.body['data']).toHaveLength(3);
    expect(JSON.stringify(listed.body)).not.toContain(keys.live);
    expect((await call(gateway, `DELETE /v1/operator/partners/${id}/keys/${keyId}`, { key: OPERATOR_TOKEN })).status).toBe(204);
    expect((await call(gateway, `DELETE /v1/operator/partners/${id}/keys/${keyId}`, { key: OPERATOR_TOKEN })).status).toBe(404);
    expect((await call(gateway, 'GET /v1/apps', { key: furtherKey })).status).toBe(401);
    const stored = await database.pool.query("select string_agg(t::text, ' ') as text from api_key t");
    expect(JSON.stringify(stored.rows)).not.toContain(keys.live);
  });

  it('learns whether an installation is new', async () => {
    const installation = {
      id: 'ins_1',
      appId: 'app_1',
      merchantId: 'mer_1',
      status: InstallationStatus.ACTIVE,
      generation: 1,
      installedAtMs: 0n,
      installedBy: 'operator',
    };
    let created = true;
    gateway.registry.handlers.install = () => ({ installation, created });
    const body = { app_id: 'app_1', merchant_id: 'mer_1', scopes: [] };
    expect((await call(gateway, 'POST /v1/operator/installations', { key: OPERATOR_TOKEN, body })).status).toBe(201);
    created = false;
    expect((await call(gateway, 'POST /v1/operator/installations', { key: OPERATOR_TOKEN, body })).status).toBe(200);
  });
});

describe('an answer', () => {
  it('gives away no server, and keeps browsers from doing harm', async () => {
    const { headers } = await call(gateway, 'GET /v1/openapi.json');
    expect(headers.get('server')).toBeNull();
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('is counted by route, never by id', async () => {
    gateway.registry.handlers.getApp = () => ({ app });
    await call(gateway, 'GET /v1/apps/app_1', { key });
    const { body } = await call(gateway, 'GET /metrics');
    expect(body['text']).toContain('hookwright_gateway_requests_total{method="GET",route="/v1/apps/:app_id",status="2xx"}');
    expect(body['text']).not.toContain('app_1');
  });
});
