import fs from 'node:fs';
import path from 'node:path';
import { OPERATOR_TOKEN } from '@hookwright/local';
import { atLeast, atMost, none, note } from '../judge/checks.ts';
import { hits, type Needle, spellings } from '../judge/spellings.ts';
import type { Row } from '../row.ts';
import { type Answer, ask } from '../stage/ask.ts';
import { askToken, Authorization, Merchant, REDIRECT_URI, tokensOf } from '../stage/consents.ts';
import { eachPlace, type Leak, leaksIn } from '../stage/leaks.ts';
import type { Scene } from '../stage/scene.ts';

const APPS = 5;

export const v5: Row = {
  id: 'V5',
  fault: 'search logs, topics, pg_dump, Redis dump, metrics, error bodies for every live secret and token (raw, base64, hex)',
  criterion: '0 hits',
  async run(stage) {
    const scene = await stage.open({
      wishes: (receiver) =>
        Array.from({ length: APPS }, (_, number) => ({
          url: receiver.urlOf(number),
          merchants: ['mer_1', 'mer_2'],
          app: { redirect_uris: [REDIRECT_URI] },
        })),
    });
    scene.load.begin();
    const errors: Answer[] = [];
    const needles = await useEverything(scene, errors);
    await scene.goOn(stage.pick({ full: 30_000, short: 5000 }));
    await scene.settle({ withinMs: 60_000 });

    stage.say('searching');
    const forbidden = needles.flatMap(spellings);
    // What must be found shows that the search works.
    const [first] = scene.apps;
    const present = spellings({ name: 'app id', bytes: Buffer.from(first?.id ?? '') });
    const leaks: Leak[] = errors.flatMap(({ text }) => leaksIn('error body', Buffer.from(text), forbidden));
    const searched = new Set<string>();
    const found = new Set<string>();
    await eachPlace(scene.system, (place, content) => {
      searched.add(place);
      leaks.push(...leaksIn(place, content, forbidden));
      if (hits(content, present).length > 0) found.add(place.split(' ', 1)[0] ?? place);
    });
    const failures = errors.filter(({ status }) => status < 400).length;
    return [
      none('hits', leaks.length),
      ...(leaks.length === 0 ? [] : [note('found', [...new Set(leaks.map(({ place, what }) => `${what} in ${place}`))].join(', '))]),
      note('secrets and tokens', needles.length),
      note('places', searched.size),
      atLeast('kinds of places where an app id was found', found.size, 3),
      atLeast('error bodies', errors.length, 1),
      atMost('of these no errors', failures, 0),
    ];
  },
};

/** Makes, uses and misuses every kind of secret that there is. Returns those that live. */
async function useEverything(scene: Scene, errors: Answer[]): Promise<readonly Needle[]> {
  const { apiUrl, directory } = scene.system;
  const needles: Needle[] = [
    text('operator token', OPERATOR_TOKEN),
    { name: 'master key', bytes: Buffer.from(fs.readFileSync(path.join(directory, 'master.key'), 'utf8').trim(), 'base64') },
  ];
  for (const [number, app] of scene.apps.entries()) {
    const { id, apiKey, clientId } = app;
    const call = (method: 'GET' | 'POST', rest: string, json?: unknown, token = apiKey): Promise<Answer> =>
      ask(apiUrl, { method, path: `/v1/apps/${id}${rest}`, token, ...(json === undefined ? {} : { json }) });
    const rotated = await call('POST', '/rotate-secret', { overlap_seconds: 3600, reason: 'a search' });
    const renewed = await call('POST', '/rotate-client-secret', { overlap_seconds: 3600 });
    const clientSecret = String(renewed.body['client_secret']);
    const client = { clientId, clientSecret };
    const own = tokensOf(await askToken(apiUrl, client, { grant_type: 'client_credentials' }));

    const merchant = new Merchant(apiUrl, 'mer_1');
    const authorization = new Authorization(apiUrl, client);
    const code = await merchant.agree(authorization);
    const tokens = tokensOf(await authorization.exchange(code));
    const refreshed = tokensOf(await askToken(apiUrl, client, { grant_type: 'refresh_token', refresh_token: tokens.refresh }));
    const unused = await new Merchant(apiUrl, 'mer_2').agree(new Authorization(apiUrl, client));

    for (const secret of [app.secret, String(rotated.body['secret'])]) needles.push(...signingSecret(secret));
    needles.push(text('client secret', app.clientSecret), text('client secret', clientSecret), text('app token', own.access));
    for (const { access, refresh } of [tokens, refreshed]) needles.push(text('access token', access), text('refresh token', refresh));
    needles.push(text('code', unused));
    needles.push(...cookiesOf(merchant, apiUrl));
    if (number === 0) needles.push(text('API key', apiKey));

    errors.push(
      await call('POST', '/rotate-secret', { overlap_seconds: 'many' }),
      await call('POST', '/rotate-secret', { overlap_seconds: 3600 }),
      await call('GET', '', undefined, `${apiKey.slice(0, -1)}x`),
      await call('GET', '', undefined, tokens.access),
      await authorization.exchange(unused, { code_verifier: 'x'.repeat(43) }),
      await askToken(apiUrl, { clientId, clientSecret: `${clientSecret}x` }, { grant_type: 'client_credentials' }),
      await askToken(apiUrl, client, { grant_type: 'refresh_token', refresh_token: `${refreshed.refresh}x` }),
      await ask(apiUrl, { path: new Authorization(apiUrl, client).url({ redirect_uri: 'https://elsewhere.example' }) }),
    );
  }
  return needles;
}

function text(name: string, value: string): Needle {
  if (value === '' || value === 'undefined') throw new Error(`there is no ${name} to search for`);
  return { name, bytes: Buffer.from(value) };
}

/** Its text, and the key that it is the base64 of. */
function signingSecret(secret: string): readonly Needle[] {
  return [text('signing secret', secret), { name: 'signing key', bytes: Buffer.from(secret.replace('whsec_', ''), 'base64') }];
}

function cookiesOf({ browser }: Merchant, apiUrl: string): readonly Needle[] {
  const pairs = browser.cookieHeader(new URL('/oauth/login', apiUrl)).split('; ');
  return pairs.filter((pair) => pair.includes('=')).map((pair) => text('cookie', pair.slice(pair.indexOf('=') + 1)));
}
