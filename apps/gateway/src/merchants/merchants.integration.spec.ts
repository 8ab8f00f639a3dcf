import { notFound, unavailable } from '@hookwright/runtime';
import { type TestDatabase, eventually } from '@hookwright/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Answered, type Gateway, OPERATOR_TOKEN, call } from '../spec/gateway.ts';
import { type Installing, startInstalling } from '../spec/installing.ts';
import { Authorization, REDIRECT_URI, agree, newBrowser } from '../spec/installs.ts';
import { type Client } from '../spec/oauth.ts';

const INSTALLABLE = { redirectUris: [REDIRECT_URI], permissions: [{ id: 'orders', title: 'See orders', scopes: ['orders.read'] }] };
const DONE_MS = 1_795_600_000_000n;

let setting: Installing;
let database: TestDatabase;
let gateway: Gateway;
let client: Client;

beforeAll(async () => {
  setting = await startInstalling();
  ({ gateway, database } = setting);
});

afterAll(() => setting.stop());

beforeEach(async () => {
  client = await setting.newApp(INSTALLABLE);
});

const asOperator = (route: string): Promise<Answered> => call(gateway, route, { key: OPERATOR_TOKEN });
const erase = (merchantId: string): Promise<Answered> => asOperator(`POST /v1/operator/merchants/${merchantId}/erase`);
const erasureOf = async (merchantId: string): Promise<unknown> =>
  (await asOperator(`GET /v1/operator/merchants/${merchantId}`)).body['erasure'];
const known = (id: string) => ({ id, installations: 2, liveInstallations: 1, knownSinceMs: DONE_MS });
const unknown = (): never => {
  throw notFound('merchant');
};

describe('merchants', () => {
  it('are listed and shown with their erasures', async () => {
    gateway.registry.handlers.listMerchants = () => ({ merchants: [known('mer_a'), known('mer_b')], nextCursor: 'next' });
    gateway.registry.handlers.getMerchant = ({ merchantId }) => ({ merchant: known(merchantId) });
    gateway.registry.handlers.eraseMerchant = () => ({});
    await erase('mer_b');
    const { status, body } = await asOperator('GET /v1/operator/merchants?limit=2');
    expect(status).toBe(200);
    const shown = { installations: 2, live_installations: 1, known_since: '2026-11-25T09:46:40.000Z' };
    expect(body).toEqual({
      data: [
        { id: 'mer_a', ...shown, erasure: null },
        { id: 'mer_b', ...shown, erasure: expect.objectContaining({ merchant_id: 'mer_b', done_at: null }) },
      ],
      next_cursor: 'next',
    });
    expect((await asOperator('GET /v1/operator/merchants/mer_a')).body).toEqual({ id: 'mer_a', ...shown, erasure: null });
    gateway.registry.handlers.getMerchant = unknown;
    expect(await asOperator('GET /v1/operator/merchants/mer_none')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect((await asOperator('GET /v1/operator/merchants/mer%2F1')).status).toBe(404);
  });
});

describe('erasing a merchant', () => {
  it('ends his tokens with the answer and his sessions too, and nobody else’s, and goes on until all have erased him', async () => {
    const { registry, deliveryLog } = gateway;
    const browser = newBrowser(gateway);
    const install = async (merchantId: string, at = newBrowser(gateway)): Promise<string> => {
      const authorization = new Authorization(client, gateway);
      const { body } = await authorization.exchange(await agree(at, authorization, merchantId));
      return String(body['access_token']);
    };
    const [token, other] = [await install('mer_demo_1', browser), await install('mer_demo_2')];
    const done: { registry?: bigint; log?: bigint } = {};
    const asked: bigint[] = [];
    registry.handlers.getMerchant = unknown;
    registry.handlers.eraseMerchant = ({ merchantId, requestedAtMs }) => {
      if (merchantId === 'mer_demo_1') asked.push(requestedAtMs);
      return done.registry === undefined ? {} : { doneAtMs: done.registry };
    };
    const until: bigint[] = [];
    deliveryLog.handlers.eraseMerchantEvents = ({ merchantId, untilMs }) => {
      if (merchantId === 'mer_demo_1') until.push(untilMs);
      return done.log === undefined ? {} : { doneAtMs: done.log };
    };

    const answer = await erase('mer_demo_1');
    expect(answer).toMatchObject({ status: 202, body: { merchant_id: 'mer_demo_1', done_at: null } });
    expect(answer.body['left']).toEqual(['installations', 'tokens', 'deliveries']);
    expect((await call(gateway, 'GET /v1/installation', { key: token })).status).toBe(401);
    expect((await call(gateway, 'GET /v1/installation', { key: other })).status).toBe(200);
    const grants = await database.pool.query("SELECT 1 FROM oauth_grant WHERE merchant_id = 'mer_demo_1'");
    expect(grants.rowCount).toBe(0);
    const page = await browser.open(new Authorization(client, gateway).url());
    expect(page.url.pathname).toBe('/oauth/login');
    expect((await erase('mer_demo_1')).body['requested_at']).toBe(answer.body['requested_at']);
    expect(until).toEqual([]);

    done.registry = DONE_MS;
    await eventually(async () => expect(await erasureOf('mer_demo_1')).toMatchObject({ left: ['deliveries'], done_at: null }));
    await eventually(() => expect(until.length).toBeGreaterThan(1));
    // He has installed apps again, while the log still erases what was before.
    expect((await erase('mer_demo_1')).body['requested_at']).not.toBe(answer.body['requested_at']);
    await eventually(() => expect(new Set(until).size).toBe(2));
    done.log = DONE_MS;
    await eventually(async () => expect(await erasureOf('mer_demo_1')).toMatchObject({ left: [], done_at: expect.any(String) }));
    expect(new Set(asked).size).toBe(2);

    expect((await erase('mer_demo_1')).body['requested_at']).not.toBe(answer.body['requested_at']);
  });

  it('is stored and done later when a service is away', async () => {
    const { registry, deliveryLog } = gateway;
    registry.handlers.getMerchant = unknown;
    registry.handlers.eraseMerchant = () => {
      throw unavailable('The database');
    };
    expect((await erase('mer_late')).status).toBe(202);
    registry.handlers.eraseMerchant = () => ({ doneAtMs: DONE_MS });
    deliveryLog.handlers.eraseMerchantEvents = () => ({ doneAtMs: DONE_MS });
    await eventually(async () => expect(await erasureOf('mer_late')).toMatchObject({ left: [] }));
  });

  it('goes on after a gateway died in the midst of it', async () => {
    const { registry, deliveryLog } = gateway;
    registry.handlers.getMerchant = unknown;
    deliveryLog.handlers.eraseMerchantEvents = () => ({ doneAtMs: DONE_MS });
    await database.pool.query(
      `INSERT INTO merchant_erasure (merchant_id, requested_at, installations_done_at, due_at)
       VALUES ('mer_left', now(), now(), now())`,
    );
    await eventually(async () => expect(await erasureOf('mer_left')).toMatchObject({ left: [], done_at: expect.any(String) }));
  });
});
