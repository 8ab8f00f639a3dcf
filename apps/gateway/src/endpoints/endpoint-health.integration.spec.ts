import { BreakerState, EndpointStatus } from '@hookwright/contracts';
import { notFound } from '@hookwright/runtime';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Gateway, call, newKey } from '../spec/gateway.ts';
import { type Setting, startSetting } from '../spec/setting.ts';

const AT_MS = 1_795_600_000_000n;
const AT = '2026-11-25T09:46:40.000Z';

let setting: Setting;
let gateway: Gateway;
let key: string;

beforeAll(async () => {
  setting = await startSetting();
  ({ gateway } = setting);
  key = await newKey(gateway, ['apps.read']);
});

afterAll(() => setting.stop());

const health = () => call(gateway, 'GET /v1/apps/app_1/webhook/health', { key });

function withApp(webhook: { url: string; status: EndpointStatus } | undefined): void {
  gateway.registry.handlers.getApp = () => ({ app: { id: 'app_1', ...(webhook !== undefined && { webhook }) } });
}

describe('GET …/webhook/health', () => {
  it('tells breaker, rates, backlog and warnings', async () => {
    withApp({ url: 'https://shipit.example', status: EndpointStatus.ENABLED });
    gateway.deliveryLog.handlers.getEndpointHealth = ({ appId }) => {
      expect(appId).toBe('app_1');
      return {
        health: {
          breaker: { state: BreakerState.OPEN, openedAtMs: AT_MS, nextProbeAtMs: AT_MS + 30_000n, reason: 'timeouts' },
          fiveMinutes: { succeeded: 0n, failed: 3n },
          hour: { succeeded: 2n, failed: 1n },
          backlog: 100_000,
          backlogIsCut: true,
          oldestPendingAgeSeconds: 4000,
          failingSinceMs: AT_MS,
          warnings: [{ hours: 1, failingSinceMs: AT_MS, warnedAtMs: AT_MS + 3_600_000n, disablesAtMs: AT_MS + 259_200_000n }],
        },
      };
    };
    const nothing = { succeeded: 0, failed: 0 };
    expect(await health()).toMatchObject({
      status: 200,
      body: {
        breaker: { state: 'open', opened_at: AT, next_probe_at: '2026-11-25T09:47:10.000Z', reason: 'timeouts' },
        success_rate: { '5m': 0, '1h': 0.6667, '24h': null },
        attempts: { '5m': { succeeded: 0, failed: 3 }, '1h': { succeeded: 2, failed: 1 }, '24h': nothing },
        backlog: 100_000,
        backlog_is_cut: true,
        oldest_pending_age_seconds: 4000,
        failing_since: AT,
        warnings: [
          { code: 'failing', hours: 1, failing_since: AT, warned_at: '2026-11-25T10:46:40.000Z', disables_at: '2026-11-28T09:46:40.000Z' },
        ],
      },
    });
  });

  it('of an endpoint that nothing was sent to says so', async () => {
    withApp({ url: 'https://shipit.example', status: EndpointStatus.ENABLED });
    gateway.deliveryLog.handlers.getEndpointHealth = () => ({ health: { breaker: { state: BreakerState.CLOSED } } });
    expect((await health()).body).toMatchObject({
      breaker: { state: 'closed', opened_at: null, next_probe_at: null, reason: null },
      success_rate: { '5m': null, '1h': null, '24h': null },
      backlog: 0,
      oldest_pending_age_seconds: null,
      failing_since: null,
      warnings: [],
    });
  });

  it('is 404 for another tenant’s app, and 409 without an endpoint, and asks the log neither time', async () => {
    gateway.deliveryLog.handlers = {};
    gateway.registry.handlers.getApp = () => Promise.reject(notFound('app'));
    expect(await health()).toMatchObject({ status: 404, body: { code: 'not_found' } });
    withApp(undefined);
    expect(await health()).toMatchObject({ status: 409, body: { code: 'no_endpoint' } });
  });
});
