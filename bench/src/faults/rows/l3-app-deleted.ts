import { query } from '../../system/query.ts';
import type { ProvisionedApp } from '../../system/provisioning.ts';
import { atLeast, none } from '../judge/checks.ts';
import { type Ended, requestsAfterEnd } from '../judge/ended.ts';
import type { Row } from '../row.ts';
import { type Answer, ask } from '../stage/ask.ts';
import { askToken, Merchant, REDIRECT_URI, tokensOf } from '../stage/consents.ts';
import type { Scene } from '../stage/scene.ts';

const WITHIN_MS = 1000;
/** As many stay, and keep the load up. */
const DELETED = 20;
const GRANT = { grant_type: 'client_credentials' };

/** Where an app's secrets and tokens are, by database. */
const STORES = [
  ['gateway', 'client_secret'],
  ['gateway', 'oauth_token'],
  ['vault', 'secret'],
] as const;

export const l3: Row = {
  id: 'L3',
  fault: 'app deleted (20 under load)',
  criterion: 'API 404; its secrets and tokens left in the stores: 0; requests after the ack + 1 s: 0',
  async run(stage) {
    const count = stage.pick({ full: DELETED, short: 3 });
    const scene = await stage.open({
      receiver: { labelled: true },
      wishes: (receiver) =>
        Array.from({ length: 2 * count }, (_, number) => ({
          url: receiver.urlOf(number),
          merchants: ['mer_1', 'mer_2', 'mer_3'],
          app: { redirect_uris: [REDIRECT_URI] },
        })),
    });
    const apps = scene.apps.slice(0, count);
    const tokens: string[] = [];
    for (const app of apps) tokens.push(...(await makeSecrets(scene, app)));
    const before = await rowsOf(scene, apps);
    scene.load.begin();
    await scene.goOn(5000);

    const ended: Ended[] = [];
    const still: Answer[] = [];
    for (const app of apps) {
      const deletion = { method: 'DELETE', path: `/v1/apps/${app.id}`, token: app.apiKey } as const;
      const { status, text, answeredMs } = await ask(scene.system.apiUrl, deletion);
      if (status !== 204) throw new Error(`a deletion was answered ${status}: ${text}`);
      ended.push({ appId: app.id, answeredMs });
      const routes = ['', '/installations', '/webhook/secrets', '/deliveries'];
      const answers = await Promise.all(
        routes.map((rest) => ask(scene.system.apiUrl, { path: `/v1/apps/${app.id}${rest}`, token: app.apiKey })),
      );
      still.push(...answers.filter((answer) => answer.status !== 404));
      await scene.goOn(Math.random() * 1000);
    }
    await scene.goOn(5000);
    const left = await rowsOf(scene, apps);
    const open = await openOf(scene, apps, tokens);
    await scene.settle({ withinMs: 60_000 });

    const requests = await scene.receiver.log();
    const { webhookIds, stayed } = staying(scene, count);
    const came = new Set(requests.map(({ appId, webhookId }) => `${appId} ${webhookId}`));
    const lost = webhookIds.flatMap((id) => stayed.filter((appId) => !came.has(`${appId} ${id}`)));
    return [
      none('answers other than 404', still.length),
      none(
        'secrets and tokens left',
        left.reduce((sum, rows) => sum + rows, 0),
      ),
      none('of them that open something', open),
      none('requests > 1 s after the ack', requestsAfterEnd(requests, ended, WITHIN_MS)),
      none('lost of the other apps', lost.length),
      atLeast('secrets and tokens before, in the store with the fewest', Math.min(...before), count),
      atLeast('requests', requests.length, 1),
    ];
  },
};

/** Tokens of the app and of a merchant's, which are returned, and a second secret of each kind. */
async function makeSecrets({ system: { apiUrl } }: Scene, app: ProvisionedApp): Promise<readonly string[]> {
  const ofMerchant = await new Merchant(apiUrl, 'mer_1').install(app);
  const own = tokensOf(await askToken(apiUrl, app, GRANT));
  for (const rest of ['rotate-secret', 'rotate-client-secret'])
    await ask(apiUrl, { method: 'POST', path: `/v1/apps/${app.id}/${rest}`, token: app.apiKey, json: { overlap_seconds: 3600 } });
  return [ofMerchant.access, own.access];
}

/** How many of the access tokens and client secrets are not refused, at any of the routes that they were for. */
async function openOf({ system: { apiUrl } }: Scene, apps: readonly ProvisionedApp[], tokens: readonly string[]): Promise<number> {
  const paths = ['/v1/installation', '/v1/apps'];
  const asked = tokens.flatMap((token) => paths.map((path) => ask(apiUrl, { path, token })));
  const answers = await Promise.all([...asked, ...apps.map((app) => askToken(apiUrl, app, GRANT))]);
  return answers.filter(({ status }) => status !== 401).length;
}

/** By store. */
async function rowsOf({ system }: Scene, apps: readonly ProvisionedApp[]): Promise<readonly number[]> {
  const ids = apps.map(({ id }) => `'${id}'`).join(', ');
  const counts = await Promise.all(
    STORES.map(([owner, table]) =>
      query(system.databaseUrl(owner), `SELECT count(*)::int AS count FROM ${table} WHERE app_id IN (${ids})`),
    ),
  );
  return counts.map(([row]) => (row as { count: number }).count);
}

function staying(scene: Scene, deleted: number): { readonly webhookIds: readonly string[]; readonly stayed: readonly string[] } {
  return { webhookIds: scene.accepted().map(({ webhookId }) => webhookId), stayed: scene.apps.slice(deleted).map(({ id }) => id) };
}
