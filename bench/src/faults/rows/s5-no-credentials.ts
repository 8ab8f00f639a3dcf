import { setTimeout as delay } from 'node:timers/promises';
import { newId } from '@hookwright/contracts';
import { OPERATOR_TOKEN } from '@hookwright/local';
import { atLeast, type Check, exactly, note } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { ask } from '../stage/ask.ts';
import { askToken, Merchant, REDIRECT_URI, tokensOf } from '../stage/consents.ts';
import { bodyOf, filled, readRoutes, type Route } from '../stage/routes.ts';

const EXPIRES_S = 1;

export const s5: Row = {
  id: 'S5',
  fault: 'none / expired / other audience / alg none / tampered token on every route',
  criterion: '401 on 100 %',
  async run(stage) {
    const scene = await stage.open({
      wishes: (receiver) => [{ url: receiver.urlOf(0), merchants: ['mer_0'], app: { redirect_uris: [REDIRECT_URI] } }],
    });
    const { apiUrl } = scene.system;
    const gateway = scene.system.service('gateway');
    const [app] = scene.apps;
    if (app === undefined) throw new Error('there is no app');
    const appToken = async (): Promise<string> => tokensOf(await askToken(apiUrl, app, { grant_type: 'client_credentials' })).access;
    const merchantToken = async (): Promise<string> => (await new Merchant(apiUrl, 'mer_0').install(app)).access;
    await gateway.stop();
    await gateway.start({ ACCESS_TOKEN_SECONDS: String(EXPIRES_S) });
    const expired = { app: await appToken(), merchant: await merchantToken() };
    await gateway.stop();
    await gateway.start({ ACCESS_TOKEN_SECONDS: '3600' });
    const live = { app: await appToken(), merchant: await merchantToken() };
    await delay((EXPIRES_S + 1) * 1000);

    const routes = await readRoutes(apiUrl);
    const kinds: readonly (readonly [string, (route: Route) => readonly string[]])[] = [
      ['none', () => ['']],
      ['expired', ({ access }) => (access === 'operator' ? [] : [access === 'partner' ? expired.app : expired.merchant])],
      ['other audience', ({ access }) => othersOf(access, { ...live, apiKey: app.apiKey })],
      ['alg none', () => [unsigned(app.id, apiUrl)]],
      ['tampered', ({ access }) => tamperedOf(access, { ...live, apiKey: app.apiKey })],
    ];
    const checks: Check[] = [];
    for (const [name, tokensFor] of kinds) {
      const cases = routes.flatMap((route) => tokensFor(route).map((token) => ({ route, token })));
      let refused = 0;
      for (const { route, token } of cases) if ((await statusOf(apiUrl, route, token)) === 401) refused++;
      checks.push(exactly(`401 of ${cases.length} with ${name}`, refused, cases.length), atLeast(`cases with ${name}`, cases.length, 1));
    }
    // Without this a gateway that refuses everybody would pass.
    const right = await ask(apiUrl, { path: `/v1/apps/${app.id}`, token: live.app });
    const own = await ask(apiUrl, { path: '/v1/installation', token: live.merchant });
    return [
      ...checks,
      exactly('live tokens that open', [right, own].filter(({ status }) => status === 200).length, 2),
      note('routes', routes.length),
    ];
  },
};

async function statusOf(apiUrl: string, route: Route, token: string): Promise<number> {
  const ids = { app_id: newId('app'), installation_id: newId('ins') };
  const json = bodyOf(route);
  const credential = token === '' ? {} : { token };
  const question = { method: route.method, path: filled(route.path, ids), ...credential, ...(json === undefined ? {} : { json }) };
  return (await ask(apiUrl, question)).status;
}

interface Live {
  readonly app: string;
  readonly merchant: string;
  readonly apiKey: string;
}

/** Live credentials of other parts of the API. */
function othersOf(access: Route['access'], { app, merchant, apiKey }: Live): readonly string[] {
  if (access === 'partner') return [merchant, OPERATOR_TOKEN];
  return access === 'installation' ? [app, apiKey, OPERATOR_TOKEN] : [app, merchant, apiKey];
}

function tamperedOf(access: Route['access'], { app, merchant, apiKey }: Live): readonly string[] {
  const right = access === 'partner' ? [app, apiKey] : [access === 'operator' ? OPERATOR_TOKEN : merchant];
  return right.map((token) => `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`);
}

/** A JWT that says of itself that nobody signed it (RFC 7519, 6). */
function unsigned(appId: string, issuer: string): string {
  const parts = [{ alg: 'none' }, { iss: issuer, sub: appId, aud: `${issuer}/v1`, exp: 4_102_444_800 }];
  return `${parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;
}
