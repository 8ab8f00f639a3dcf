import { InstallationStatus } from '@hookwright/contracts';
import { notFound } from '@hookwright/runtime';
import { type TestDatabase, eventually } from '@hookwright/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Answered, type Gateway, OPERATOR_TOKEN, call } from '../spec/gateway.ts';
import { type Installing, startInstalling } from '../spec/installing.ts';
import { Authorization, Installs, REDIRECT_URI, agree, newBrowser, openConsent } from '../spec/installs.ts';
import { type Client, KnownClients, basic, postForm } from '../spec/oauth.ts';
import { app as sample, partnerId } from '../spec/samples.ts';
import { OAuthSweep } from './sweep.ts';

interface Tokens {
  readonly access: string;
  readonly refresh: string;
}

const INSTALLABLE = {
  redirectUris: [REDIRECT_URI],
  permissions: [{ id: 'orders', title: 'See orders', scopes: ['orders.read', 'orders.write'] }],
};
const REFUSED = { status: 400, body: { error: 'invalid_grant' } };

let setting: Installing;
let database: TestDatabase;
let gateway: Gateway;
let key: string;
let clients: KnownClients;
let installs: Installs;
let client: Client;

beforeAll(async () => {
  setting = await startInstalling();
  ({ gateway, database, key, clients, installs } = setting);
});

afterAll(() => setting.stop());

beforeEach(async () => {
  client = await setting.newApp(INSTALLABLE);
});

const tokensOf = ({ body }: Answered): Tokens => ({ access: String(body['access_token']), refresh: String(body['refresh_token']) });
const install = async (merchantId = 'mer_demo_1'): Promise<Tokens> => {
  const authorization = new Authorization(client, gateway);
  const answer = await authorization.exchange(await agree(newBrowser(gateway), authorization, merchantId));
  expect(answer.status).toBe(200);
  return tokensOf(answer);
};
const refresh = (token: string, more: Record<string, string> = {}, { clientId, secret } = client): Promise<Answered> =>
  postForm(gateway, '/oauth/token', { grant_type: 'refresh_token', refresh_token: token, ...more }, basic(clientId, secret));
const isActive = async (token: string): Promise<unknown> =>
  (await postForm(gateway, '/oauth/introspect', { token }, basic(client.clientId, client.secret))).body['active'];
const own = (token: string): Promise<Answered> => call(gateway, 'GET /v1/installation', { key: token });
const installation = (merchantId = 'mer_demo_1') => installs.of(client.appId, merchantId);
const change = (what: string, merchantId = 'mer_demo_1'): Promise<Answered> =>
  call(gateway, `POST /v1/apps/${client.appId}/installations/${installation(merchantId).id}/${what}`, { key });
const expectEnded = async ({ access, refresh: token }: Tokens): Promise<void> => {
  expect(await own(access)).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
  for (const ended of [access, token]) expect(await isActive(ended)).toBe(false);
  expect(await refresh(token)).toMatchObject(REFUSED);
};

describe('a refresh token', () => {
  it('gives new tokens of the same consent, and the access tokens of before go on to their end', async () => {
    const first = await install();
    const answer = await refresh(first.refresh);
    expect(answer).toMatchObject({
      status: 200,
      body: {
        expires_in: 3600,
        scope: 'installation.read orders.read orders.write',
        merchant_id: 'mer_demo_1',
        installation_id: installation().id,
      },
    });
    const second = tokensOf(answer);
    expect(new Set([first.access, first.refresh, second.access, second.refresh]).size).toBe(4);
    for (const access of [first.access, second.access])
      expect(await own(access)).toMatchObject({ status: 200, body: { id: installation().id } });
    expect((await refresh(second.refresh)).status).toBe(200);
  });

  it('gives fewer scopes when fewer are asked for, and never more', async () => {
    const first = await install();
    const narrow = await refresh(first.refresh, { scope: 'orders.read' });
    expect(narrow.body['scope']).toBe('orders.read');
    const { refresh: next } = tokensOf(narrow);
    expect(await refresh(next, { scope: 'orders.read payments.read' })).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
    expect((await refresh(next)).body['scope']).toBe('installation.read orders.read orders.write');
  });

  it('that comes a second time ends its family, and no other one', async () => {
    const other = await install();
    const first = await install();
    const second = tokensOf(await refresh(first.refresh));
    expect(await refresh(first.refresh)).toMatchObject(REFUSED);
    await expectEnded(second);
    expect(await own(first.access)).toMatchObject({ status: 401 });
    expect(await own(other.access)).toMatchObject({ status: 200 });
    expect((await refresh(other.refresh)).status).toBe(200);
    expect(installation().status).toBe(InstallationStatus.ACTIVE);
  });

  it('ends its family also when it comes several times at once', async () => {
    const { refresh: token, access } = await install();
    const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(token)));
    const got = answers.filter(({ status }) => status === 200);
    expect(got.length).toBeLessThanOrEqual(1);
    for (const answer of got) await expectEnded(tokensOf(answer));
    expect(await own(access)).toMatchObject({ status: 401 });
  });

  it('may be used again when nothing came of it, and after that no more', async () => {
    const { refresh: token, access } = await install();
    const trigger = `without_access_${client.appId}`;
    await database.pool.query(`
      CREATE FUNCTION ${trigger}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no access token'; END $$;
      CREATE TRIGGER ${trigger} BEFORE INSERT ON oauth_token FOR EACH ROW
        WHEN (NEW.kind = 'access' AND NEW.app_id = '${client.appId}') EXECUTE FUNCTION ${trigger}()`);
    expect((await refresh(token)).status).toBeGreaterThanOrEqual(500);
    await database.pool.query(`DROP FUNCTION ${trigger} CASCADE`);
    // Two seconds later: the request of before is over by then.
    await database.pool.query(`UPDATE oauth_token SET consumed_at = consumed_at - interval '2 s' WHERE app_id = $1`, [client.appId]);
    const answer = await refresh(token);
    expect(answer.status).toBe(200);
    expect((await own(access)).status).toBe(200);

    await database.pool.query(`UPDATE oauth_token SET consumed_at = consumed_at - interval '2 s' WHERE app_id = $1`, [client.appId]);
    expect(await refresh(token)).toMatchObject(REFUSED);
    await expectEnded(tokensOf(answer));
  });

  it('is of no use to another app, and harmed by none', async () => {
    const stranger = await clients.add(INSTALLABLE);
    const { refresh: token } = await install();
    expect(await refresh(token, {}, stranger)).toMatchObject(REFUSED);
    expect((await postForm(gateway, '/oauth/revoke', { token }, basic(stranger.clientId, stranger.secret))).status).toBe(200);
    expect((await refresh(token)).status).toBe(200);
  });

  it('opens no route, and ends after its time', async () => {
    const { refresh: token } = await install();
    expect((await own(token)).status).toBe(401);
    await database.pool.query(`UPDATE oauth_token SET expires_at = now() - interval '1 second' WHERE app_id = $1`, [client.appId]);
    await gateway.app.get(OAuthSweep).sweep();
    expect(await refresh(token)).toMatchObject(REFUSED);
  });

  it('is forgotten a week after its use, and a consent without tokens a day after it was given', async () => {
    const { refresh: token } = await install();
    await refresh(token);
    const count = async (table: string) => (await database.pool.query(`SELECT 1 FROM ${table} WHERE app_id = $1`, [client.appId])).rowCount;
    expect(await count('oauth_token')).toBe(4);
    await database.pool.query(
      `UPDATE oauth_token SET consumed_at = now() - interval '8 days' WHERE app_id = $1 AND consumed_at IS NOT NULL`,
      [client.appId],
    );
    await gateway.app.get(OAuthSweep).sweep();
    expect([await count('oauth_token'), await count('oauth_grant')]).toEqual([3, 1]);
    await database.pool.query('DELETE FROM oauth_token WHERE app_id = $1', [client.appId]);
    await gateway.app.get(OAuthSweep).sweep();
    expect(await count('oauth_grant')).toBe(1);
    await database.pool.query(`UPDATE oauth_grant SET created_at = now() - interval '25 hours' WHERE app_id = $1`, [client.appId]);
    await gateway.app.get(OAuthSweep).sweep();
    expect(await count('oauth_grant')).toBe(0);
  });
});

describe('revoking a token', () => {
  it.each(['access', 'refresh'] as const)('ends all of its consent (%s), and leaves the installation', async (which) => {
    const tokens = await install();
    expect((await postForm(gateway, '/oauth/revoke', { token: tokens[which] }, basic(client.clientId, client.secret))).status).toBe(200);
    await expectEnded(tokens);
    expect(installation().status).toBe(InstallationStatus.ACTIVE);
  });
});

describe('an access token of an installation', () => {
  it('opens its installation, and nothing of the partner', async () => {
    const { access } = await install();
    expect((await own(access)).body).toMatchObject({
      id: installation().id,
      app_id: client.appId,
      merchant_id: 'mer_demo_1',
      status: 'active',
    });
    for (const route of ['GET /v1/apps', `GET /v1/apps/${client.appId}`, 'GET /v1/event-types', 'GET /v1/operator/partners']) {
      expect({ route, status: (await call(gateway, route, { key: access })).status }).toEqual({ route, status: 401 });
    }
    expect((await own(key)).status).toBe(401);
  });
});

describe('an uninstall', () => {
  it('ends the tokens before it is answered, and those of no other merchant', async () => {
    const [tokens, other] = [await install(), await install('mer_demo_2')];
    expect(await change('revoke')).toMatchObject({ status: 200, body: { status: 'revoked' } });
    await expectEnded(tokens);
    expect(await own(other.access)).toMatchObject({ status: 200 });
    const again = await install();
    expect(await own(again.access)).toMatchObject({ status: 200, body: { generation: 2 } });
    await eventually(async () => expect((await database.pool.query('SELECT 1 FROM grant_check')).rowCount).toBe(0));
  });

  it('that comes between the consent and its code leaves the code without use', async () => {
    const { install: really } = gateway.registry.handlers;
    gateway.registry.handlers.install = async (request) => {
      const answer = await really!(request);
      installs.change(installation(), { status: InstallationStatus.REVOKED });
      return answer;
    };
    const authorization = new Authorization(client, gateway);
    const browser = newBrowser(gateway);
    const { left } = await browser.submit(await openConsent(browser, authorization.url()), { press: 'decision=allow' });
    const code = left?.searchParams.get('code');
    if (code != null) expect(await authorization.exchange(code)).toMatchObject(REFUSED);
    const { rows } = await database.pool.query('SELECT revoked_at FROM oauth_grant WHERE app_id = $1', [client.appId]);
    expect(rows).toEqual([{ revoked_at: expect.any(Date) }]);
  });

  it('ends the tokens also when the gateway died right after the registry had answered', async () => {
    const tokens = await install();
    const { id } = installation();
    installs.change(installation(), { status: InstallationStatus.REVOKED });
    const sql = `INSERT INTO grant_check (id, installation_id, app_id, partner_id, mode, due_at) VALUES ($1, $1, $2, $3, 'live', now())`;
    await database.pool.query(sql, [id, client.appId, partnerId]);
    await eventually(async () => expect((await own(tokens.access)).status).toBe(401));
    await expectEnded(tokens);
  });

  it('of an installation that is another tenant’s ends nothing', async () => {
    const tokens = await install();
    gateway.registry.handlers.revokeInstallation = () => {
      throw notFound('app');
    };
    gateway.registry.handlers.getInstallation = () => {
      throw notFound('app');
    };
    expect(await change('revoke')).toMatchObject({ status: 404 });
    await database.pool.query(`UPDATE grant_check SET due_at = now()`);
    await eventually(async () => expect((await database.pool.query('SELECT 1 FROM grant_check')).rowCount).toBe(0));
    expect(await isActive(tokens.access)).toBe(true);
  });
});

describe('a consent to less than before', () => {
  const money = { id: 'money', title: 'See money', scopes: ['payments.read'], optional: true };

  it('takes the rest from the tokens also when the registry’s answer to it was lost', async () => {
    clients.change(client.clientId, { permissions: [...INSTALLABLE.permissions, money] });
    const { access, refresh: token } = await install();
    const { install: really } = gateway.registry.handlers;
    gateway.registry.handlers.install = async (request) => {
      await really!(request);
      return await new Promise<never>(() => undefined);
    };
    const browser = newBrowser(gateway);
    const page = await openConsent(browser, new Authorization(client, gateway).url());
    const answer = await browser.submit(page, { press: 'decision=allow', set: { permission: [] } });
    expect(answer.status).toBe(503);
    await database.pool.query('UPDATE grant_check SET due_at = now()');
    await eventually(async () => expect((await own(access)).status).toBe(401));
    expect((await refresh(token)).body['scope']).toBe('installation.read orders.read orders.write');
  });
});

describe("the operator's change of what an installation may do", () => {
  it('takes from the tokens what the merchant took back, which live on for the rest', async () => {
    const { access, refresh: token } = await install();
    const body = { app_id: client.appId, merchant_id: 'mer_demo_1', scopes: ['orders.read'] };
    const changed = await call(gateway, 'POST /v1/operator/installations', { key: OPERATOR_TOKEN, body });
    expect(changed).toMatchObject({ status: 200, body: { granted_scopes: ['orders.read'] } });
    expect((await own(access)).status).toBe(401);
    const refreshed = await refresh(token);
    expect(refreshed).toMatchObject({ status: 200, body: { scope: 'installation.read orders.read' } });
    expect((await own(tokensOf(refreshed).access)).status).toBe(200);
  });
});

describe('a suspension', () => {
  it('holds the tokens, which come back with its end', async () => {
    const { access, refresh: token } = await install();
    expect((await change('suspend')).status).toBe(200);
    expect((await own(access)).status).toBe(401);
    expect([await isActive(access), await isActive(token)]).toEqual([false, false]);
    expect(await refresh(token)).toMatchObject(REFUSED);
    expect((await change('unsuspend')).status).toBe(200);
    expect((await own(access)).status).toBe(200);
    expect((await refresh(token)).status).toBe(200);
  });

  it.each(['access', 'refresh'] as const)('does not keep tokens from being revoked (%s), which then do not come back', async (which) => {
    const tokens = await install();
    await change('suspend');
    expect((await postForm(gateway, '/oauth/revoke', { token: tokens[which] }, basic(client.clientId, client.secret))).status).toBe(200);
    await change('unsuspend');
    await expectEnded(tokens);
  });

  it('holds also those of a consent that was given meanwhile', async () => {
    await install();
    await change('suspend');
    const authorization = new Authorization(client, gateway);
    const browser = newBrowser(gateway);
    const { left } = await browser.submit(await openConsent(browser, authorization.url()), { press: 'decision=allow' });
    const code = left?.searchParams.get('code');
    if (code != null) expect(await authorization.exchange(code)).toMatchObject(REFUSED);
  });
});

describe('an app that is deleted', () => {
  it('leaves neither secret, token nor grant', async () => {
    const tokens = await install();
    Object.assign(gateway.registry.handlers, { getApp: () => ({ app: { ...sample, id: client.appId } }), deleteApp: () => ({}) });
    gateway.vault.handlers.eraseSecrets = () => ({});
    expect((await call(gateway, `DELETE /v1/apps/${client.appId}`, { key })).status).toBe(204);
    expect((await own(tokens.access)).status).toBe(401);
    for (const table of ['oauth_token', 'oauth_grant', 'client_secret', 'secret_erasure']) {
      expect((await database.pool.query(`SELECT 1 FROM ${table} WHERE app_id = $1`, [client.appId])).rowCount).toBe(0);
    }
  });
});
