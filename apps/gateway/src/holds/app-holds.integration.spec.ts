import { Problem, notFound, unavailable } from '@hookwright/runtime';
import { type TestDatabase, eventually } from '@hookwright/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Answered, type Gateway, OPERATOR_TOKEN, call } from '../spec/gateway.ts';
import { type Installing, startInstalling } from '../spec/installing.ts';
import { Authorization, REDIRECT_URI, agree, newBrowser, openConsent } from '../spec/installs.ts';
import { type Client, KnownClients, basic, postForm } from '../spec/oauth.ts';
import { app as sample } from '../spec/samples.ts';

const INSTALLABLE = { redirectUris: [REDIRECT_URI], permissions: [{ id: 'orders', title: 'See orders', scopes: ['orders.read'] }] };
const SINCE_MS = 1_795_600_000_000n;

let setting: Installing;
let database: TestDatabase;
let gateway: Gateway;
let clients: KnownClients;
let client: Client;

beforeAll(async () => {
  setting = await startInstalling();
  ({ gateway, database, clients } = setting);
});

afterAll(() => setting.stop());

beforeEach(async () => {
  client = await setting.newApp(INSTALLABLE);
  Object.assign(gateway.registry.handlers, { suspendApp: () => suspended(SINCE_MS), unsuspendApp: () => suspended(undefined) });
  gateway.registry.handlers.getApp = ({ appId }) => ({ app: { ...sample, id: appId } });
});

/** The registry's answer; from then on it knows the client as suspended, or not. */
function suspended(sinceMs: bigint | undefined) {
  const suspension = sinceMs === undefined ? {} : { suspendedAtMs: sinceMs };
  clients.change(client.clientId, sinceMs === undefined ? { suspendedAtMs: undefined } : suspension);
  return { app: { ...sample, id: client.appId, ...suspension } };
}

const asOperator = (what: 'suspend' | 'unsuspend', appId = client.appId, body?: unknown): Promise<Answered> =>
  call(gateway, `POST /v1/operator/apps/${appId}/${what}`, { key: OPERATOR_TOKEN, ...(body !== undefined && { body }) });
const ownToken = async (): Promise<Answered> =>
  await postForm(gateway, '/oauth/token', { grant_type: 'client_credentials' }, basic(client.clientId, client.secret));
const install = async () => {
  const authorization = new Authorization(client, gateway);
  const { body } = await authorization.exchange(await agree(newBrowser(gateway), authorization));
  return { access: String(body['access_token']), refresh: String(body['refresh_token']) };
};
const refresh = (token: string): Promise<Answered> =>
  postForm(gateway, '/oauth/token', { grant_type: 'refresh_token', refresh_token: token }, basic(client.clientId, client.secret));
const opensInstallation = async (key: string): Promise<number> => (await call(gateway, 'GET /v1/installation', { key })).status;
const opensApp = async (key: string): Promise<number> =>
  (await call(gateway, `GET /v1/apps/${client.appId}/installations`, { key })).status;
const holds = async (): Promise<unknown[]> =>
  (await database.pool.query<object>('SELECT due_at FROM app_hold WHERE app_id = $1', [client.appId])).rows;

describe('an app that the operator suspends', () => {
  it('has no token that opens anything, and has them back afterwards', async () => {
    gateway.registry.handlers.listInstallations = () => ({ installations: [] });
    const own = String((await ownToken()).body['access_token']);
    const tokens = await install();
    expect([await opensApp(own), await opensInstallation(tokens.access)]).toEqual([200, 200]);

    const reasons: string[] = [];
    gateway.registry.handlers.suspendApp = ({ reason }) => {
      reasons.push(reason);
      return suspended(SINCE_MS);
    };
    const answer = await asOperator('suspend', client.appId, { reason: 'abuse' });
    expect(answer).toMatchObject({ status: 200, body: { app_id: client.appId, suspended_at: '2026-11-25T09:46:40.000Z' } });
    expect(reasons).toEqual(['abuse']);
    expect([await opensApp(own), await opensInstallation(tokens.access)]).toEqual([401, 401]);
    expect(await ownToken()).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(await refresh(tokens.refresh)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(await holds()).toEqual([{ due_at: null }]);

    expect(await asOperator('unsuspend')).toMatchObject({ status: 200, body: { suspended_at: null } });
    expect([await opensApp(own), await opensInstallation(tokens.access)]).toEqual([200, 200]);
    expect((await refresh(tokens.refresh)).status).toBe(200);
    expect((await ownToken()).status).toBe(200);
    expect(await holds()).toEqual([]);
  });

  it('keeps the tokens of others as they are', async () => {
    const tokens = await install();
    const other = await clients.add(INSTALLABLE);
    gateway.registry.handlers.suspendApp = ({ appId }) => ({ app: { ...sample, id: appId, suspendedAtMs: SINCE_MS } });
    expect((await asOperator('suspend', other.appId)).status).toBe(200);
    expect(await opensInstallation(tokens.access)).toBe(200);
  });

  it('sends nobody to the consent page, and who was there already is told', async () => {
    const authorization = new Authorization(client, gateway);
    const browser = newBrowser(gateway);
    const page = await openConsent(browser, authorization.url());
    await asOperator('suspend');
    const { registry } = gateway;
    const refuse = (): never => {
      throw new Problem('app_suspended', 'The operator has suspended the app.');
    };
    Object.assign(registry.handlers, { install: refuse, beginConsent: refuse });
    const told = await browser.submit(page, { press: 'decision=allow' });
    expect(told).toMatchObject({ status: 409 });
    expect(told.html).toContain('This app is suspended');
    const late = await newBrowser(gateway).open(new Authorization(client, gateway).url());
    expect(late.html).toContain('invalid_client');
  });

  it('is held also when its answer was lost, if the registry did suspend it, and let go if it did not', async () => {
    const tokens = await install();
    const { registry } = gateway;
    registry.handlers.suspendApp = () => {
      throw unavailable('The registry');
    };
    registry.handlers.getAppSuspension = () => ({ suspendedAtMs: SINCE_MS });
    expect((await asOperator('suspend')).status).toBe(503);
    expect(await opensInstallation(tokens.access)).toBe(401);
    await eventually(async () => expect(await holds()).toEqual([{ due_at: null }]));
    expect(await opensInstallation(tokens.access)).toBe(401);

    registry.handlers.unsuspendApp = () => {
      throw unavailable('The registry');
    };
    registry.handlers.getAppSuspension = () => ({});
    expect((await asOperator('unsuspend')).status).toBe(503);
    await eventually(async () => expect(await holds()).toEqual([]));
    expect(await opensInstallation(tokens.access)).toBe(200);
  });

  it('is not found when there is none, and leaves nothing behind', async () => {
    const unknown = (): never => {
      throw notFound('app');
    };
    Object.assign(gateway.registry.handlers, { suspendApp: unknown, unsuspendApp: unknown, getAppSuspension: unknown });
    for (const what of ['suspend', 'unsuspend'] as const) {
      expect(await asOperator(what)).toMatchObject({ status: 404, body: { code: 'not_found' } });
    }
    await eventually(async () => expect(await holds()).toEqual([]));
  });

  it('takes its hold with it when it is deleted', async () => {
    Object.assign(gateway.registry.handlers, { deleteApp: () => ({}) });
    gateway.vault.handlers.eraseSecrets = () => ({});
    await asOperator('suspend');
    expect((await call(gateway, `DELETE /v1/apps/${client.appId}`, { key: setting.key })).status).toBe(204);
    expect(await holds()).toEqual([]);
  });
});
