import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { newId } from '@hookwright/contracts';
import { OPERATOR_TOKEN } from '@hookwright/local';
import type { ProvisionedApp } from '../../system/provisioning.ts';
import { atLeast, type Check, exactly, none, note } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { type Answer, ask, basic } from '../stage/ask.ts';
import { assertion, asserting, forged, forgedAssertion } from '../stage/assertions.ts';
import { askToken, Merchant, REDIRECT_URI, tokensOf } from '../stage/consents.ts';
import { type Access, bodyOf, filled, nameOf, readRoutes, type Route } from '../stage/routes.ts';
import type { Scene } from '../stage/scene.ts';

const EXPIRES_S = 1;
const GRANT = { grant_type: 'client_credentials' };
/** What the three OAuth endpoints that authenticate a client want beside that; each passes over the other's. */
const CLIENTS_FORM = { ...GRANT, token: 'x'.repeat(43) };

/** How a request says who asks: in a header, or in fields of its form. */
interface Credential {
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
}

/** What is shown to each kind of route. */
type Shown = Readonly<Record<Exclude<Access, 'public'>, readonly Credential[]>>;

/** Credentials of every kind, live and expired, and what more are made from. */
interface World {
  readonly apiUrl: string;
  readonly app: ProvisionedApp;
  readonly other: ProvisionedApp;
  readonly merchant: Merchant;
  readonly expired: { readonly app: string; readonly merchant: string };
  readonly live: { readonly app: string; readonly merchant: string; readonly clientSecret: string };
  /** Of the app with keys: a new assertion, with these claims instead. */
  readonly assert: (claims?: Readonly<Record<string, unknown>>) => string;
  readonly signingId: string;
}

export const s5: Row = {
  id: 'S5',
  fault: 'none / expired / other audience / alg none / tampered token on every route',
  criterion: '401 on 100 %',
  async run(stage) {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const jwks = { keys: [publicKey.export({ format: 'jwk' })] };
    const scene = await stage.open({
      wishes: (receiver) =>
        [{}, {}, { jwks }].map((more, number) => ({
          url: receiver.urlOf(number),
          merchants: ['mer_0'],
          app: { redirect_uris: [REDIRECT_URI], ...more },
        })),
    });
    const world = await makeWorld(scene, privateKey);
    const { apiUrl } = world;
    const all = await readRoutes(apiUrl);
    const routes = all.filter(({ access }) => access !== 'public');
    const checks: Check[] = [];
    const open = new Set<string>();
    for (const [name, shown] of Object.entries(kindsOf(world))) {
      const cases = routes.flatMap((route) => credentialsFor(route, shown).map((credential) => ({ route, credential })));
      let refused = 0;
      for (const { route, credential } of cases) {
        if ((await answerOf(apiUrl, route, credential)).status === 401) refused++;
        else open.add(nameOf(route));
      }
      checks.push(exactly(`401 of ${cases.length} with ${name}`, refused, cases.length), atLeast(`cases with ${name}`, cases.length, 1));
    }
    // Without this a gateway that refuses everybody would pass.
    const right = await rightOnes(world);
    return [
      ...checks,
      ...(open.size === 0 ? [] : [note('open', [...open].join(', '))]),
      none('live credentials that do not open', right.filter(({ status }) => status !== 200).length),
      note('routes', routes.length),
      note('public routes', all.length - routes.length),
    ];
  },
};

async function makeWorld({ system, apps }: Scene, key: KeyObject): Promise<World> {
  const { apiUrl } = system;
  const gateway = system.service('gateway');
  const [app, other, signing] = apps;
  if (app === undefined || other === undefined || signing === undefined) throw new Error('there are no apps');
  const merchant = new Merchant(apiUrl, 'mer_0');
  const tokens = async (): Promise<World['expired']> => ({
    app: tokensOf(await askToken(apiUrl, app, GRANT)).access,
    merchant: (await merchant.install(app)).access,
  });
  await gateway.stop();
  await gateway.start({ ACCESS_TOKEN_SECONDS: String(EXPIRES_S) });
  const expired = await tokens();
  await gateway.stop();
  await gateway.start({ ACCESS_TOKEN_SECONDS: '3600' });
  const live = await tokens();
  const rotation = { method: 'POST', path: `/v1/apps/${app.id}/rotate-client-secret`, token: app.apiKey } as const;
  const { body: renewed } = await ask(apiUrl, { ...rotation, json: { overlap_seconds: EXPIRES_S } });
  await delay((EXPIRES_S + 1) * 1000);
  return {
    apiUrl,
    app,
    other,
    merchant,
    expired,
    live: { ...live, clientSecret: String(renewed['client_secret']) },
    assert: (claims = {}) => assertion({ clientId: signing.clientId, audience: apiUrl, key, claims }),
    signingId: signing.clientId,
  };
}

function kindsOf({ apiUrl, app, other, merchant, expired, live, assert, signingId }: World): Readonly<Record<string, Shown>> {
  const { apiKey } = app;
  const byAssertion = (text: string): Credential => ({ form: asserting(signingId, text) });
  const bySecret = (secret: string): Credential => ({ headers: basic(app.clientId, secret) });
  const byCookie: Credential = { headers: { cookie: merchant.cookie } };
  const algNone = bearer(forged({ iss: apiUrl, sub: app.id, aud: `${apiUrl}/v1`, exp: 4_102_444_800 }));
  return {
    none: { ...everywhere({}), client: [{ form: { client_id: app.clientId } }] },
    // Neither the operator's token nor, within a row, a merchant's login ends by itself.
    expired: {
      ...everywhere(),
      partner: [bearer(expired.app)],
      installation: [bearer(expired.merchant)],
      client: [bySecret(app.clientSecret), byAssertion(assert({ exp: Math.floor(Date.now() / 1000) - 60 }))],
    },
    'other audience': {
      partner: [bearer(live.merchant), bearer(OPERATOR_TOKEN), byCookie],
      installation: [bearer(live.app), bearer(apiKey), bearer(OPERATOR_TOKEN), byCookie],
      merchant: [bearer(live.merchant), bearer(live.app), bearer(apiKey), bearer(OPERATOR_TOKEN)],
      operator: [bearer(live.app), bearer(live.merchant), bearer(apiKey), byCookie],
      client: [bySecret(other.clientSecret), byAssertion(assert({ aud: 'https://another.example' }))],
    },
    'alg none': { ...everywhere(algNone), client: [byAssertion(forgedAssertion({ clientId: signingId, audience: apiUrl }))] },
    tampered: {
      partner: [bearer(tampered(live.app)), bearer(tampered(apiKey))],
      installation: [bearer(tampered(live.merchant))],
      merchant: [{ headers: { cookie: tampered(merchant.cookie) } }],
      operator: [bearer(tampered(OPERATOR_TOKEN))],
      client: [bySecret(tampered(live.clientSecret)), byAssertion(withOtherSignature(assert()))],
    },
  };
}

function rightOnes({ apiUrl, app, merchant, live, assert, signingId }: World): Promise<readonly Answer[]> {
  return Promise.all([
    ask(apiUrl, { path: `/v1/apps/${app.id}`, token: live.app }),
    ask(apiUrl, { path: '/v1/installation', token: live.merchant }),
    ask(apiUrl, { path: '/v1/operator/partners', token: OPERATOR_TOKEN }),
    merchant.askApi({ path: '/v1/merchants/me/installations' }),
    askToken(apiUrl, { clientId: app.clientId, clientSecret: live.clientSecret }, GRANT),
    ask(apiUrl, { method: 'POST', path: '/oauth/token', form: { ...GRANT, ...asserting(signingId, assert()) } }),
  ]);
}

function credentialsFor({ access }: Route, shown: Shown): readonly Credential[] {
  return access === 'public' ? [] : shown[access];
}

/** The same to every route. */
function everywhere(...credentials: readonly Credential[]): Shown {
  return { partner: credentials, installation: credentials, merchant: credentials, operator: credentials, client: credentials };
}

function answerOf(apiUrl: string, route: Route, { headers = {}, form = {} }: Credential): Promise<Answer> {
  const question = { method: route.method, path: filled(route.path, { app_id: newId('app'), installation_id: newId('ins') }), headers };
  if (route.access === 'client') return ask(apiUrl, { ...question, form: { ...CLIENTS_FORM, ...form } });
  const json = bodyOf(route);
  return ask(apiUrl, { ...question, ...(json === undefined ? {} : { json }) });
}

function bearer(token: string): Credential {
  return { headers: { authorization: `Bearer ${token}` } };
}

/** Another last character. */
function tampered(token: string): string {
  return `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`;
}

/** Of a signature the last character has bits that count for nothing. */
function withOtherSignature(jwt: string): string {
  const at = jwt.lastIndexOf('.') + 1;
  return `${jwt.slice(0, at)}${jwt[at] === 'A' ? 'B' : 'A'}${jwt.slice(at + 1)}`;
}
