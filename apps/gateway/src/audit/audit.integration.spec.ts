import { type AuditEntry } from '@hookwright/contracts';
import { unavailable } from '@hookwright/runtime';
import { type TestDatabase, eventually } from '@hookwright/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Gateway, call } from '../spec/gateway.ts';
import { app } from '../spec/samples.ts';
import { type Setting, startSetting } from '../spec/setting.ts';

let setting: Setting;
let database: TestDatabase;
let gateway: Gateway;
let key: string;

beforeAll(async () => {
  setting = await startSetting();
  ({ gateway, database, key } = setting);
});

afterAll(() => setting.stop());

beforeEach(() => {
  gateway.expectNothing();
  gateway.registry.handlers.getApp = ({ appId }) => ({ app: { ...app, id: appId } });
});

/** In seconds, of what is to be handed over. */
async function oldestWaiting(): Promise<number> {
  const { text } = (await call(gateway, 'GET /metrics')).body;
  return Number(/hookwright_gateway_oldest_waiting_seconds\{work="audit_entries"\} (\S+)/.exec(String(text))?.[1]);
}

describe('the audit log', () => {
  it('has what is changed in the gateway itself, although the registry was away', async () => {
    const received: AuditEntry[] = [];
    gateway.registry.handlers.recordAuditEntries = () => {
      throw unavailable('The registry');
    };
    const body = { overlap_seconds: 60, reason: 'leaked' };
    const rotated = await call(gateway, 'POST /v1/apps/app_audited/rotate-client-secret', { key, body });
    expect(rotated.status).toBe(200);
    await eventually(async () => expect(await oldestWaiting()).toBeGreaterThan(0));
    gateway.registry.handlers.recordAuditEntries = ({ entries }) => {
      received.push(...entries);
      return {};
    };
    await eventually(async () => expect((await database.pool.query('SELECT FROM audit_entry')).rowCount).toBe(0));
    expect(await oldestWaiting()).toBe(0);
    expect(received).toMatchObject([
      {
        appId: 'app_audited',
        actorKind: 'partner',
        actorId: expect.stringMatching(/^key_/),
        action: 'client_secret.rotated',
        target: expect.stringMatching(/^cls_/),
        details: '{"overlap_seconds":60,"force":false,"reason":"leaked"}',
        requestId: rotated.headers.get('x-request-id'),
      },
    ]);
    expect(JSON.stringify(received[0]?.details)).not.toContain(String(rotated.body['client_secret']));
  });

  it('has nothing of a change that is refused', async () => {
    const rotate = (): ReturnType<typeof call> => call(gateway, 'POST /v1/apps/app_refused/rotate-client-secret', { key });
    await rotate();
    await rotate();
    const counts = async (): Promise<unknown> => (await database.pool.query('SELECT count(*)::int AS n FROM audit_entry')).rows;
    const before = await counts();
    expect((await rotate()).status).toBe(409);
    expect(await counts()).toEqual(before);
  });

  it('is shown as the registry has it', async () => {
    const entry = {
      id: 'aud_1',
      appId: 'app_1',
      atMs: 0n,
      actorKind: 'operator',
      actorId: 'operator',
      action: 'app.updated',
      target: 'app_1',
    };
    const asked: unknown[] = [];
    gateway.registry.handlers.listAuditEntries = ({ appId, page }) => {
      asked.push([appId, page?.limit, page?.cursor]);
      return { entries: [{ ...entry, details: '{"changed":["name"]}', requestId: '' }], nextCursor: 'next' };
    };
    expect(await call(gateway, 'GET /v1/apps/app_1/audit?limit=1&cursor=this', { key })).toMatchObject({
      status: 200,
      body: {
        data: [
          {
            id: 'aud_1',
            at: '1970-01-01T00:00:00.000Z',
            actor: { kind: 'operator', id: 'operator' },
            action: 'app.updated',
            target: 'app_1',
            details: { changed: ['name'] },
            request_id: null,
          },
        ],
        next_cursor: 'next',
      },
    });
    expect(asked).toEqual([['app_1', 1, 'this']]);
  });
});
