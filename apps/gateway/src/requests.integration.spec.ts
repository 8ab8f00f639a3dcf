import net from 'node:net';
import { DeliveryStatus } from '@hookwright/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Gateway, call } from './spec/gateway.ts';
import { app } from './spec/samples.ts';
import { type Setting, startSetting } from './spec/setting.ts';

let setting: Setting;
let gateway: Gateway;
let key: string;

beforeAll(async () => {
  setting = await startSetting();
  ({ gateway, key } = setting);
});

afterAll(() => setting.stop());

beforeEach(() => gateway.expectNothing());

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
