import { Mode } from '@hookwright/contracts';
import { notFound } from '@hookwright/runtime';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SCOPES } from '../access/scopes.ts';
import { type Gateway, call, newKey } from '../spec/gateway.ts';
import { app } from '../spec/samples.ts';
import { type Setting, startSetting } from '../spec/setting.ts';

let setting: Setting;
let gateway: Gateway;
let testKey: string;
let key: string;

beforeAll(async () => {
  setting = await startSetting();
  ({ gateway, key } = setting);
  testKey = await newKey(gateway, SCOPES, 'test');
});

afterAll(() => setting.stop());

beforeEach(() => gateway.expectNothing());

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
