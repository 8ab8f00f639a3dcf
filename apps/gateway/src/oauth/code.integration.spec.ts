import { type TestDatabase, eventually } from '@hookwright/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type Gateway, startGateway } from '../spec/gateway.ts';
import { DEMO_LOGIN, type Installing, startInstalling } from '../spec/installing.ts';
import { Authorization, REDIRECT_URI, agree, newBrowser } from '../spec/installs.ts';
import { type Client, KnownClients, basic, postForm } from '../spec/oauth.ts';

const orders = { id: 'orders', title: 'See orders', scopes: ['orders.read'] };
const money = { id: 'money', title: 'See money', scopes: ['payments.read'], optional: true };
const INSTALLABLE = { redirectUris: [REDIRECT_URI], permissions: [orders, money], permissionRevision: 3n };

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
});

const authorization = (of = client) => new Authorization(of, gateway);
const introspect = async (token: unknown) =>
  (await postForm(gateway, '/oauth/introspect', { token: String(token) }, basic(client.clientId, client.secret))).body;

describe('a code', () => {
  it('is good for its app, its redirect URI and its verifier only', async () => {
    const stranger = await clients.add(INSTALLABLE);
    const asked = authorization();
    const code = await agree(newBrowser(gateway), asked);
    const wrong: Promise<{ status: number; body: Record<string, unknown> }>[] = [
      asked.exchange(code, { code_verifier: authorization().verifier }),
      asked.exchange(code, { code_verifier: '' }),
      asked.exchange(code, { redirect_uri: `${REDIRECT_URI}/` }),
      asked.exchange(code, {}, stranger),
      asked.exchange(`${code}x`),
    ];
    for (const answer of wrong) expect(await answer).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect((await asked.exchange(code)).status).toBe(200);
  });

  it('is exchanged by exactly one of 50 who come at once, and nobody keeps what it gave', async () => {
    const asked = authorization();
    const code = await agree(newBrowser(gateway), asked);
    const answers = await Promise.all(Array.from({ length: 50 }, () => asked.exchange(code)));
    const got = answers.filter(({ status }) => status === 200);
    expect(got).toHaveLength(1);
    for (const { status, body } of answers)
      if (status !== 200) expect({ status, error: body['error'] }).toEqual({ status: 400, error: 'invalid_grant' });
    for (const { body } of got) expect(await introspect(body['access_token'])).toEqual({ active: false });
  });

  it('that comes a second time ends the tokens that it gave, within a second', async () => {
    const asked = authorization();
    const code = await agree(newBrowser(gateway), asked);
    const { body } = await asked.exchange(code);
    expect(await introspect(body['refresh_token'])).toMatchObject({ active: true });
    expect(await asked.exchange(code)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    for (const token of [body['access_token'], body['refresh_token']]) expect(await introspect(token)).toEqual({ active: false });
    const { rowCount } = await database.pool.query('SELECT 1 FROM oauth_token WHERE app_id = $1', [client.appId]);
    expect(rowCount).toBe(0);
  });

  it('ends after its time', async () => {
    const brief = await startGateway(
      { databaseUrl: database.url, redisUrl: setting.redisUrl },
      { ...DEMO_LOGIN, AUTHORIZATION_CODE_SECONDS: '1' },
    );
    try {
      Object.assign(brief.registry.handlers, gateway.registry.handlers);
      const asked = new Authorization(client, brief);
      const code = await agree(newBrowser(brief), asked);
      await eventually(async () => expect(await asked.exchange(code)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } }));
    } finally {
      await brief.stop();
    }
  });

  it('that comes a second time ends the tokens that it gave also after its time', async () => {
    const asked = authorization();
    const code = await agree(newBrowser(gateway), asked);
    const { status, body } = await asked.exchange(code);
    expect(status).toBe(200);
    const now = Date.now.bind(Date);
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() + 61_000);
    try {
      const refused = { status: 400, body: { error: 'invalid_grant' } };
      expect(await asked.exchange(code, { code_verifier: authorization().verifier })).toMatchObject(refused);
      expect(await introspect(body['refresh_token'])).toMatchObject({ active: true });
      expect(await asked.exchange(code)).toMatchObject(refused);
      for (const token of [body['access_token'], body['refresh_token']]) expect(await introspect(token)).toEqual({ active: false });
    } finally {
      clock.mockRestore();
    }
  });
});
