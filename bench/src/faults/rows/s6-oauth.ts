import { setTimeout as delay } from 'node:timers/promises';
import { nowMs } from '../../clock.ts';
import type { ProvisionedApp } from '../../system/provisioning.ts';
import { atLeast, exactly, none } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { type Answer, ask } from '../stage/ask.ts';
import { askToken, Authorization, Merchant, REDIRECT_URI, tokensOf } from '../stage/consents.ts';

const DEAD_WITHIN_MS = 1000;
const AT_ONCE = 50;

const NEAR_MISSES = [
  'http://shipit.example/callback',
  'https://SHIPIT.example/callback',
  'https://shipit.example:443/callback',
  'https://shipit.example:8443/callback',
  'https://shipit.example/callback/',
  'https://shipit.example/callback/../callback',
  'https://shipit.example/%63allback',
  'https://shipit.example/callback?x=1',
  'https://shipit.example/callback#x',
  'https://user@shipit.example/callback',
  'https://shipit.example@evil.example/callback',
  'https://shipit.example.evil.example/callback',
  'https://evil.shipit.example/callback',
  'https://evil.example\\@shipit.example/callback',
  'https://shipit.example//callback',
  'https://shipit.example/callback%2f',
  'https://shipit.example/callback%00',
  'https://ship\u0456t.example/callback',
  'https://localhost/callback',
  'https://[::1]/callback',
];

export const s6: Row = {
  id: 'S6',
  fault:
    'OAuth: 20 near-miss redirect_uri; code replay; 50 at once with one code; other client’s code; no/plain/wrong PKCE; old refresh token; scope growth',
  criterion: 'redirects to a near miss 0; replay = invalid_grant and its tokens dead ≤ 1 s; exactly 1 of 50; family revoked; granted 0',
  async run(stage) {
    const scene = await stage.open({
      wishes: (receiver) =>
        [0, 1].map((number) => ({ url: receiver.urlOf(number), merchants: ['mer_0'], app: { redirect_uris: [REDIRECT_URI] } })),
    });
    const { apiUrl } = scene.system;
    const [app, stranger] = scene.apps;
    if (app === undefined || stranger === undefined) throw new Error('there are no apps');
    const asked = (): Authorization => new Authorization(apiUrl, app);
    const code = async (of: Authorization): Promise<string> => await new Merchant(apiUrl, 'mer_0').agree(of);
    const alive = (token: string): Promise<boolean> => isAlive(apiUrl, app, token);

    const misses = [...NEAR_MISSES.map((uri) => asked().url({ redirect_uri: uri })), asked().url({ redirect_uri: undefined })];
    misses.push(`${asked().url()}&redirect_uri=${encodeURIComponent('https://evil.example/')}`);
    const redirected = await countLeaving(apiUrl, misses);

    const replayed = asked();
    const replayedCode = await code(replayed);
    const first = await replayed.exchange(replayedCode);
    const replay = await replayed.exchange(replayedCode);
    const alivePerCode = await aliveAfter(replay, first, alive);

    const contested = asked();
    const contestedCode = await code(contested);
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => contested.exchange(contestedCode)));

    const foreign = asked();
    const foreignAnswer = await foreign.exchange(await code(foreign), {}, stranger);
    const wrongPkce = await refusedPkce(apiUrl, app, code);

    const family = asked();
    const old = await family.exchange(await code(family));
    const renewed = await refresh(apiUrl, app, tokensOf(old).refresh);
    const reused = await refresh(apiUrl, app, tokensOf(old).refresh);
    const aliveInFamily = (await aliveAfter(reused, old, alive)) + (await aliveAfter(reused, renewed, alive));

    const narrow = asked();
    const narrowTokens = tokensOf(await narrow.exchange(await code(narrow)));
    const grown = await refresh(apiUrl, app, narrowTokens.refresh, { scope: 'installation.read orders.read payments.read' });
    const wide = asked();
    const { left } = await new Merchant(apiUrl, 'mer_0').open(wide.url({ scope: 'payments.read' }));
    return [
      none(`redirects to one of ${misses.length} near misses`, redirected),
      exactly('first exchange', first.status, 200),
      none('replay other than invalid_grant', Number(!isRefused(replay))),
      none('its tokens alive after 1 s', alivePerCode),
      exactly('of 50 at once', answers.filter(({ status }) => status === 200).length, 1),
      none('of the others, not invalid_grant', answers.filter((answer) => answer.status !== 200 && !isRefused(answer)).length),
      none('other client’s code granted', Number(!isRefused(foreignAnswer))),
      none('no, plain or wrong PKCE granted', wrongPkce),
      none('old refresh token granted', Number(!isRefused(reused))),
      exactly('refreshes before', renewed.status, 200),
      none('of its family alive after 1 s', aliveInFamily),
      none('scope growth granted', Number(scopesOf(grown).includes('payments.read')) + Number(left?.searchParams.has('code') ?? false)),
      atLeast('near misses', NEAR_MISSES.length, 20),
    ];
  },
};

/** How many of these addresses send a browser anywhere off the platform. */
async function countLeaving(apiUrl: string, urls: readonly string[]): Promise<number> {
  let leaving = 0;
  for (const url of urls) if ((await new Merchant(apiUrl, 'mer_0').open(url)).left !== undefined) leaving++;
  return leaving;
}

/** How many authorizations without a proper challenge, or exchanges with another verifier, led to tokens. */
async function refusedPkce(apiUrl: string, app: ProvisionedApp, code: (of: Authorization) => Promise<string>): Promise<number> {
  const requests = [
    { code_challenge: undefined, code_challenge_method: undefined },
    { code_challenge_method: 'plain' },
    { code_challenge_method: undefined },
  ];
  let granted = 0;
  for (const more of requests) {
    const { left, html } = await new Merchant(apiUrl, 'mer_0').open(new Authorization(apiUrl, app).url(more));
    if ((left?.searchParams.has('code') ?? false) || html.includes('value="allow"')) granted++;
  }
  for (const verifier of ['', 'x'.repeat(43)]) {
    const authorization = new Authorization(apiUrl, app);
    const { status } = await authorization.exchange(await code(authorization), { code_verifier: verifier });
    if (status === 200) granted++;
  }
  return granted;
}

function refresh(apiUrl: string, app: ProvisionedApp, token: string, more: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return askToken(apiUrl, app, { grant_type: 'refresh_token', refresh_token: token, ...more });
}

/** How many of the tokens of `of` are good for something a second after `answer`. */
async function aliveAfter(answer: Answer, of: Answer, alive: (token: string) => Promise<boolean>): Promise<number> {
  await delay(Math.max(0, answer.answeredMs + DEAD_WITHIN_MS - nowMs()));
  const { access, refresh: refreshToken } = tokensOf(of);
  return (await Promise.all([access, refreshToken].map(alive))).filter(Boolean).length;
}

async function isAlive(apiUrl: string, app: ProvisionedApp, token: string): Promise<boolean> {
  const { body } = await askToken(apiUrl, app, { token }, '/oauth/introspect');
  const own = await ask(apiUrl, { path: '/v1/installation', token });
  return body['active'] !== false || own.status !== 401;
}

/** Of the tokens that it gave, if it gave any. */
function scopesOf({ status, body: { scope } }: Answer): string[] {
  return status === 200 && typeof scope === 'string' ? scope.split(' ') : [];
}

function isRefused({ status, body }: Answer): boolean {
  return status === 400 && body['error'] === 'invalid_grant';
}
