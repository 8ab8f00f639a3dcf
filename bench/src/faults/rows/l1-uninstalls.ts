import { setTimeout as delay } from 'node:timers/promises';
import { nowMs } from '../../clock.ts';
import { inParallel } from '../../system/in-parallel.ts';
import type { ProvisionedApp } from '../../system/provisioning.ts';
import { atLeast, exactly, none, note } from '../judge/checks.ts';
import { type Ended, requestsAfterEnd } from '../judge/ended.ts';
import type { Row } from '../row.ts';
import { type Answer, ask } from '../stage/ask.ts';
import { askToken, Merchant, REDIRECT_URI, type Tokens } from '../stage/consents.ts';
import { PAIRS_PER_SECOND } from '../stage/load.ts';
import type { Scene } from '../stage/scene.ts';

// 25 apps at 50 merchants are 1,250 installations: of each merchant's, 20 are uninstalled and of 5 the tokens are revoked.
const MERCHANTS = 50;
const UNINSTALLED = 20;
const TOKEN_REVOKED = 5;
const STAYING = 25;
const WITHIN_MS = 1000;
const BROWSERS = 8;
const REVOKED = 'partner_app.install.revoked';
/** How an installation's tokens are tried: see openWays. */
const WAYS = 3;

interface Installed {
  readonly app: ProvisionedApp;
  readonly merchant: string;
  /** His browser, logged in. */
  readonly visitor: Merchant;
  readonly by: 'partner' | 'merchant';
  readonly installationId: string;
  readonly tokens: Tokens;
  readonly isUninstalled: boolean;
}

interface Move {
  readonly installed: Installed;
  readonly answeredMs: number;
  /** How many ways to use its two tokens were open a second after the answer. */
  readonly open: number;
}

export const l1: Row = {
  id: 'L1',
  fault: 'uninstall / token revoke at a random moment under load, 1 000 times',
  criterion: 'requests begun > 1 s after the ack: 0; uninstalled event exactly 1; the token is 401 ≤ 1 s after',
  async run(stage) {
    const merchants = Array.from({ length: stage.pick({ full: MERCHANTS, short: 3 }) }, (_, number) => `mer_${number}`);
    const scene = await stage.open({
      receiver: { labelled: true },
      wishes: (receiver) =>
        Array.from({ length: UNINSTALLED + TOKEN_REVOKED + STAYING }, (_, number) => ({
          url: receiver.urlOf(number),
          merchants,
          app: { redirect_uris: [REDIRECT_URI] },
        })),
    });
    stage.say('merchants agree in their browsers');
    const installed = (await inParallel(merchants, BROWSERS, (merchant, at) => installAll(scene, merchant, at))).flat();
    await scene.clear();

    // Half of the pairs are those of the apps that stay: the load never falls below that of the other rows.
    scene.load.begin({ pairsPerSecond: 2 * PAIRS_PER_SECOND });
    await scene.goOn(5000);
    const fromMs = nowMs();
    const spanMs = stage.pick({ full: 240_000, short: 10_000 });
    stage.say(`${installed.length} uninstalls and token revokes`);
    const moves = await Promise.all(
      installed.map(async (each) => {
        await delay(Math.random() * spanMs);
        return each.isUninstalled ? await uninstall(scene, each) : await revokeToken(scene, each);
      }),
    );
    await scene.goOn(5000);
    await scene.settle({ withinMs: 60_000 });

    const uninstalls = moves.filter(({ installed: { isUninstalled } }) => isUninstalled);
    const ended: Ended[] = uninstalls.map(({ installed: { app, merchant }, answeredMs }) => ({ appId: app.id, merchant, answeredMs }));
    const requests = await scene.receiver.log();
    const told = countBy(requests.filter(({ type }) => type === REVOKED).map(({ appId, merchant }) => `${appId} ${merchant}`));
    const untouched = new Set(scene.apps.slice(UNINSTALLED).map(({ id }) => id));
    const came = new Set(requests.map(({ appId, webhookId }) => `${appId} ${webhookId}`));
    const lost = scene
      .accepted()
      .flatMap(({ apps, webhookId }) => apps.filter((id) => untouched.has(id) && !came.has(`${id} ${webhookId}`)));
    return [
      none('requests > 1 s after an uninstall', requestsAfterEnd(requests, ended, WITHIN_MS)),
      none('uninstalls with other than 1 event', ended.filter(({ appId, merchant }) => told.get(`${appId} ${merchant}`) !== 1).length),
      exactly(
        'uninstalled events',
        [...told.values()].reduce((sum, count) => sum + count, 0),
        uninstalls.length,
      ),
      none(
        'tokens’ ways that were open after 1 s',
        moves.reduce((sum, { open }) => sum + open, 0),
      ),
      none('lost of the other installations', lost.length),
      atLeast('requests', requests.length, 1),
      note('uninstalls', uninstalls.length),
      atLeast('of them by merchants', uninstalls.filter(({ installed: { by } }) => by === 'merchant').length, 1),
      note('token revokes', moves.length - uninstalls.length),
      note('they took', (nowMs() - fromMs) / 1000, 's'),
    ];
  },
};

/** One merchant agrees to the apps that he will uninstall, one after the other in one browser. */
async function installAll({ system: { apiUrl }, apps }: Scene, merchant: string, at: number): Promise<readonly Installed[]> {
  const visitor = new Merchant(apiUrl, merchant);
  const all: Installed[] = [];
  for (const [number, app] of apps.slice(0, UNINSTALLED + TOKEN_REVOKED).entries()) {
    const tokens = await visitor.install(app);
    if ((await openWays(apiUrl, app, tokens)) !== WAYS) throw new Error('a new token opens nothing');
    const by = number % 2 === 0 ? 'partner' : 'merchant';
    all.push({ app, merchant, visitor, by, installationId: app.installationIds[at] ?? '', tokens, isUninstalled: number < UNINSTALLED });
  }
  return all;
}

async function uninstall({ system: { apiUrl } }: Scene, installed: Installed): Promise<Move> {
  const { app, tokens } = installed;
  const { status, answeredMs, text, body } = await askToUninstall(apiUrl, installed);
  if (status !== 200 || body['revoked_by'] !== installed.by) throw new Error(`an uninstall was answered ${status}: ${text}`);
  return { installed, answeredMs, open: await openAfter(apiUrl, app, tokens, answeredMs) };
}

function askToUninstall(apiUrl: string, { app, visitor, by, installationId }: Installed): Promise<Answer> {
  const json = { reason: 'row L1' };
  if (by === 'merchant') return visitor.askApi({ method: 'POST', path: `/v1/merchants/me/installations/${installationId}/revoke`, json });
  return ask(apiUrl, { method: 'POST', path: `/v1/apps/${app.id}/installations/${installationId}/revoke`, token: app.apiKey, json });
}

async function revokeToken({ system: { apiUrl } }: Scene, installed: Installed): Promise<Move> {
  const { app, tokens } = installed;
  const { status, answeredMs, text } = await askToken(apiUrl, app, { token: tokens.refresh }, '/oauth/revoke');
  if (status !== 200) throw new Error(`a token revoke was answered ${status}: ${text}`);
  return { installed, answeredMs, open: await openAfter(apiUrl, app, tokens, answeredMs) };
}

async function openAfter(apiUrl: string, app: ProvisionedApp, tokens: Tokens, answeredMs: number): Promise<number> {
  await delay(Math.max(0, answeredMs + WITHIN_MS - nowMs()));
  return await openWays(apiUrl, app, tokens);
}

/** How many of the three ways are open: the API with the access token, introspection of each. What is not said to be closed is open. */
async function openWays(apiUrl: string, app: ProvisionedApp, { access, refresh }: Tokens): Promise<number> {
  const [own, ...introspected] = await Promise.all([
    ask(apiUrl, { path: '/v1/installation', token: access }),
    ...[access, refresh].map((token) => askToken(apiUrl, app, { token }, '/oauth/introspect')),
  ]);
  return Number(own.status !== 401) + introspected.filter(({ body }) => body['active'] !== false).length;
}

function countBy(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
