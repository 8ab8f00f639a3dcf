import { type TestDatabase, eventually } from '@hookwright/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Gateway, call, newKey, startGateway } from './spec/gateway.ts';
import { type Setting, startSetting } from './spec/setting.ts';

let database: TestDatabase;
let setting: Setting;
let gateway: Gateway;
let redisUrl: string;
let key: string;

beforeAll(async () => {
  setting = await startSetting();
  ({ gateway, database, redisUrl, key } = setting);
});

afterAll(() => setting.stop());

beforeEach(() => gateway.expectNothing());

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
      const own = await eventually(() => newKey(gateway));
      const answers = [];
      for (let n = 0; n < 7; n++) answers.push(await call(limited, 'GET /v1/event-types', { key: own }));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429, 429]);
      expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"default";q=5;w=60');
      expect(answers[0]?.headers.get('ratelimit')).toMatch(/^"default";r=4;t=\d+$/);
      expect(answers[5]?.body).toMatchObject({ code: 'rate_limited' });
      expect(Number(answers[5]?.headers.get('retry-after'))).toBeGreaterThan(50);
      expect((await call(limited, 'GET /v1/event-types', { key: await eventually(() => newKey(gateway)) })).status).toBe(200);
      expect((await call(limited, 'GET /health/live')).headers.get('ratelimit')).toBeNull();
    } finally {
      await limited.stop();
    }
  });
});
