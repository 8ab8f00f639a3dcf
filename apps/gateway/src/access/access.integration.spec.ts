import { Mode } from '@hookwright/contracts';
import { notFound } from '@hookwright/runtime';
import { eventually } from '@hookwright/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEMO_KEYS } from '../api-keys/api-key.ts';
import { MerchantSessions } from '../merchant-session/merchant-sessions.ts';
import { hashOfId } from '../oauth/adapters/sealed-payload.ts';
import { type Gateway, OPERATOR_TOKEN, call, newKey } from '../spec/gateway.ts';
import { KnownClients, basic, postForm } from '../spec/oauth.ts';
import { partnerId } from '../spec/samples.ts';
import { type Setting, startSetting } from '../spec/setting.ts';
import { SCOPES } from './scopes.ts';

interface Route {
  /** `GET /v1/apps/app_x`: with ids that could be. */
  readonly name: string;
  readonly operator: boolean;
  /** For a merchant's login: a cookie. */
  readonly merchant: boolean;
  readonly scope: string | undefined;
}

const IDS: Readonly<Record<string, string>> = {
  app_id: 'app_06f1kq3zv8r0c2t4y6b8d0e1g3',
  installation_id: 'ins_06f1kq3zv8r0c2t4y6b8d0e1g3',
  secret_id: 'sec_06f1kq3zv8r0c2t4y6b8d0e1g3',
  delivery_id: 'dlv_06f1kq3zv8r0c2t4y6b8d0e1g3',
  partner_id: 'par_06f1kq3zv8r0c2t4y6b8d0e1g3',
  key_id: 'key_06f1kq3zv8r0c2t4y6b8d0e1g3',
};

let setting: Setting;
let gateway: Gateway;
let routes: Route[];
const tokens = { valid: '', expired: '' };
/** As a page of the platform sends them, of a merchant who is logged in. */
const merchantHeaders = { cookie: '', 'sec-fetch-site': 'same-origin' };

beforeAll(async () => {
  setting = await startSetting();
  ({ gateway } = setting);
  routes = await readRoutes();
  await issueTokens();
  const login = { merchantId: 'mer_1', subject: 'user-7', loggedInFor: '/merchant' };
  merchantHeaders.cookie = (await gateway.app.get(MerchantSessions).begin(login)).split(';')[0] ?? '';
});

afterAll(() => setting.stop());

/** Of an app's own. */
async function issueTokens(): Promise<void> {
  const clients = new KnownClients(gateway);
  clients.answer();
  const { clientId, secret } = await clients.add();
  const issue = async (): Promise<string> => {
    const { body } = await postForm(gateway, '/oauth/token', { grant_type: 'client_credentials' }, basic(clientId, secret));
    return String(body['access_token']);
  };
  Object.assign(tokens, { valid: await issue(), expired: await issue() });
  await setting.database.pool.query('UPDATE oauth_token SET expires_at = now() WHERE hash = $1', [hashOfId(tokens.expired)]);
}

function tampered(token: string): string {
  return `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`;
}

/** Every route that needs a credential, from the document, which has all of them (openapi.spec.ts). */
async function readRoutes(): Promise<Route[]> {
  const { paths } = (await call(gateway, 'GET /v1/openapi.json')).body as {
    paths: Record<string, Record<string, { security?: Record<string, string[]>[] }>>;
  };
  const all = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { security }]) => {
      const filled = path.replace(/\{(\w+)\}/g, (_whole, name: string) => IDS[name] ?? 'x');
      const requirement = security?.[0] ?? {};
      return {
        name: `${method.toUpperCase()} ${filled}`,
        operator: 'operatorToken' in requirement,
        merchant: 'merchantSession' in requirement,
        scope: requirement['apiKey']?.[0],
        secured: security !== undefined,
      };
    }),
  );
  // The OAuth endpoints authenticate clients, in ways of their own: oauth/*.spec.ts.
  return all.filter(({ name, secured }) => secured && name.includes(' /v1/'));
}

async function eachRoute(check: (route: Route) => Promise<void>, only: (route: Route) => boolean = () => true): Promise<void> {
  const chosen = routes.filter(only);
  expect(chosen.length).toBeGreaterThan(0);
  for (const route of chosen) await check(route);
}

describe('every route', () => {
  it('is 401 without a credential, and says which kind it wants', async () => {
    await eachRoute(async ({ name, merchant }) => {
      const { status, headers, body } = await call(gateway, name);
      expect({ name, status, code: body['code'] }).toEqual({ name, status: 401, code: 'unauthenticated' });
      expect(headers.get('www-authenticate')).toBe(`${merchant ? 'Cookie' : 'Bearer'} realm="hookwright"`);
      expect(headers.get('ratelimit')).not.toBeNull();
    });
  });

  it.each<[string, () => string]>([
    ['an unknown key', () => 'Bearer hw_live_unknown'],
    ['an empty key', () => 'Bearer '],
    ['another scheme', () => 'Basic aHdfbGl2ZTo='],
    ['an unsigned JWT', () => 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJwYXJfMSJ9.'],
    ['a key of 100 KB', () => `Bearer ${'a'.repeat(8000)}`],
    ['an expired access token', () => `Bearer ${tokens.expired}`],
    ['a tampered access token', () => `Bearer ${tampered(tokens.valid)}`],
    ['a demo key in production', () => `Bearer ${DEMO_KEYS.live}`],
  ])('is 401 with %s', async (_what, authorization) => {
    await eachRoute(async ({ name }) => {
      const { status } = await call(gateway, name, { headers: { authorization: authorization() } });
      expect({ name, status }).toEqual({ name, status: 401 });
    });
  });

  it("of the partners is 401 for the operator's token, and the other way round", async () => {
    const key = await eventually(() => newKey(gateway));
    await eachRoute(async ({ name, operator }) => {
      for (const foreign of operator ? [key, tokens.valid] : [OPERATOR_TOKEN]) {
        const { status } = await call(gateway, name, { key: foreign });
        expect({ name, status }).toEqual({ name, status: 401 });
      }
    });
  });

  it("of the merchants is 401 for every token and key, and a merchant's login opens no other", async () => {
    const key = await eventually(() => newKey(gateway));
    await eachRoute(async ({ name, merchant }) => {
      const foreign = merchant ? [key, tokens.valid, OPERATOR_TOKEN].map((token) => ({ key: token })) : [{ headers: merchantHeaders }];
      for (const request of foreign) expect({ name, status: (await call(gateway, name, request)).status }).toEqual({ name, status: 401 });
    });
  });

  it('of the merchants takes no change that another site sends', async () => {
    const isChange = ({ name, merchant }: Route): boolean => merchant && !name.startsWith('GET ');
    await eachRoute(async ({ name }) => {
      for (const site of ['cross-site', 'same-site', 'none']) {
        const { status, body } = await call(gateway, name, { headers: { ...merchantHeaders, 'sec-fetch-site': site } });
        expect({ name, status, code: body['code'] }).toEqual({ name, status: 403, code: 'cross_site_request' });
      }
    }, isChange);
  });

  it('is 403 for a key that has every scope but the one it needs', async () => {
    const keys = new Map(
      await Promise.all(
        SCOPES.map(
          async (scope) =>
            [
              scope as string,
              await newKey(
                gateway,
                SCOPES.filter((other) => other !== scope),
              ),
            ] as const,
        ),
      ),
    );
    await eachRoute(
      async ({ name, scope = '' }) => {
        const { status, headers, body } = await call(gateway, name, { key: keys.get(scope) });
        expect({ name, status, code: body['code'] }).toEqual({ name, status: 403, code: 'insufficient_scope' });
        expect(headers.get('www-authenticate')).toContain(`scope="${scope}"`);
      },
      ({ scope }) => scope !== undefined,
    );
  });

  it("answers another tenant's id and an unknown one with the same 404", async () => {
    const key = await eventually(() => newKey(gateway));
    const unknown = (): never => {
      throw notFound('app');
    };
    const tenants = new Set<unknown>();
    const ofTenant = ({ tenant }: { tenant?: { partnerId: string; mode: Mode } | undefined }): never => {
      tenants.add(`${tenant?.partnerId} ${tenant?.mode}`);
      return unknown();
    };
    const { registry, deliveryLog } = gateway;
    registry.handlers = { getApp: ofTenant, deleteApp: ofTenant, updateApp: ofTenant, pauseEndpoint: ofTenant, resumeEndpoint: ofTenant };
    Object.assign(registry.handlers, { listInstallations: ofTenant, getInstallation: ofTenant, listInstallationHistory: ofTenant });
    Object.assign(registry.handlers, { listAuditEntries: ofTenant });
    Object.assign(registry.handlers, { revokeInstallation: ofTenant, suspendInstallation: ofTenant, unsuspendInstallation: ofTenant });
    Object.assign(registry.handlers, { getMerchantInstallation: unknown, getAppTenant: unknown });
    Object.assign(registry.handlers, { getPartner: unknown, suspendApp: unknown, unsuspendApp: unknown, getAppSuspension: unknown });
    await eachRoute(
      async ({ name, operator, merchant }) => {
        const credential = merchant ? { headers: merchantHeaders } : { key: operator ? OPERATOR_TOKEN : key };
        const request = { ...credential, ...(bodyFor(name) !== undefined && { body: bodyFor(name) }) };
        deliveryLog.handlers = { getDelivery: () => ({ delivery: { id: 'dlv_x', appId: 'app_x' } }) };
        const foreign = await call(gateway, name, request);
        deliveryLog.handlers = {
          getDelivery: () => {
            throw notFound('delivery');
          },
        };
        const nobodys = await call(gateway, name, request);
        expect({ name, status: foreign.status, code: foreign.body['code'] }).toEqual({ name, status: 404, code: 'not_found' });
        expect({ ...foreign.body, request_id: '' }).toEqual({ ...nobodys.body, request_id: '' });
      },
      ({ name }) => /_06f1/.test(name),
    );
    expect([...tenants]).toEqual([`${partnerId} ${Mode.LIVE}`]);
  });
});

function bodyFor(name: string): unknown {
  if (name.startsWith('PATCH')) return { name: 'Another name' };
  if (name.endsWith('/keys') && name.startsWith('POST')) return { mode: 'live' };
  return undefined;
}

describe('a key', () => {
  it('sees the apps of its own mode only', async () => {
    const modes: unknown[] = [];
    gateway.registry.handlers = {
      listApps: ({ tenant }) => {
        modes.push(tenant?.mode);
        return { apps: [] };
      },
    };
    await call(gateway, 'GET /v1/apps', { key: await newKey(gateway) });
    await call(gateway, 'GET /v1/apps', { key: await newKey(gateway, SCOPES, 'test') });
    expect(modes).toEqual([Mode.LIVE, Mode.TEST]);
  });
});
