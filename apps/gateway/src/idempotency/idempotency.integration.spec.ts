import { Mode, Scheme, Visibility } from '@hookwright/contracts';
import { unavailable } from '@hookwright/runtime';
import { type TestDatabase, uniqueName } from '@hookwright/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Answered, type Gateway, call } from '../spec/gateway.ts';
import { type Setting, startSetting } from '../spec/setting.ts';

let database: TestDatabase;
let setting: Setting;
let gateway: Gateway;
let key: string;
let created: string[];

beforeAll(async () => {
  setting = await startSetting();
  ({ gateway, database, key } = setting);
});

afterAll(() => setting.stop());

beforeEach(() => {
  created = [];
  gateway.vault.handlers.createSecret = ({ appId }) => ({
    info: { id: 'sec_1', appId, scheme: Scheme.V1, createdAtMs: 0n },
    secret: 'whsec_shown_once',
  });
  gateway.registry.handlers.createApp = ({ appId }) => {
    created.push(appId);
    return { app: { id: appId, name: 'a', mode: Mode.LIVE, visibility: Visibility.PRIVATE, revision: 3n } };
  };
});

const post = (idempotencyKey: string, body: unknown = { name: 'a' }): Promise<Answered> =>
  call(gateway, 'POST /v1/apps', { key, body, headers: { 'idempotency-key': idempotencyKey } });

describe('a POST with an Idempotency-Key', () => {
  it('is done once, however often and at once it comes, and always answered the same', async () => {
    const name = uniqueName();
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(name)));
    expect(created).toHaveLength(1);
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 201, body: { id: created[0] } });
      expect(answer.headers.get('etag')).toBe('"3"');
    }
    const later = await post(name);
    expect(later.body).toEqual(answers[0]!.body);
    expect(later.headers.get('idempotency-replayed')).toBe('true');
  });

  it('and another body is 422', async () => {
    const name = uniqueName();
    await post(name);
    expect(await post(name, { name: 'b' })).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
  });

  it('that failed on our side is done again', async () => {
    const name = uniqueName();
    const { createApp } = gateway.registry.handlers;
    gateway.registry.handlers.createApp = () => {
      throw unavailable('A store');
    };
    expect((await post(name)).status).toBe(503);
    gateway.registry.handlers.createApp = createApp!;
    expect((await post(name)).status).toBe(201);
  });

  it('that was refused is refused again', async () => {
    const name = uniqueName();
    const refused = await post(name, {});
    expect(refused).toMatchObject({ status: 422, body: { code: 'missing_field' } });
    expect((await post(name, {})).body).toEqual(refused.body);
  });

  it('that is still running is 409 with Retry-After', async () => {
    const name = uniqueName();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const { createApp } = gateway.registry.handlers;
    const reached = Promise.withResolvers<undefined>();
    gateway.registry.handlers.createApp = async (request) => {
      reached.resolve(undefined);
      await promise;
      return createApp!(request);
    };
    // An endpoint's host name is resolved: such a call has 4.5 s.
    const body = { name: 'a', webhook: { url: 'https://shipit.example' } };
    const first = post(name, body);
    await reached.promise;
    const second = await post(name, body);
    expect(second).toMatchObject({ status: 409, body: { code: 'idempotency_in_progress' } });
    expect(second.headers.get('retry-after')).toBe('1');
    resolve(undefined);
    expect((await first).status).toBe(201);
  });

  it.each(['', 'a b', 'é', 'x'.repeat(256)])('of the form %j is 400', async (name) => {
    expect(await post(name)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });

  it('leaves nothing readable in the database', async () => {
    const name = uniqueName();
    const answer = await post(name, { name: 'a', webhook: { url: 'https://shipit.example' } });
    expect(answer.status).toBe(201);
    const { rows } = await database.pool.query<{ key: string; body: Buffer }>(
      'select key, body from idempotency_key where body is not null',
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const { body } of rows) expect(body.toString('latin1')).not.toContain('whsec_');
    expect(rows.map((row) => row.key)).not.toContain(name);
  });
});
