import { newId } from '@hookwright/contracts';
import { OPERATOR_TOKEN } from '@hookwright/local';
import { percentile } from '../../figures/percentile.ts';
import { ApiPool } from '../../system/api.ts';
import { provision } from '../../system/provisioning.ts';
import { atMost, exactly, none, note } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { type Answer, ask } from '../stage/ask.ts';
import { bodyOf, filled, readRoutes, type Route } from '../stage/routes.ts';
import { until } from '../stage/until.ts';

const MEDIANS_WITHIN_MS = 5;

/** Of the ids in a path, those of a tenant. */
type Ids = Readonly<Record<string, string>>;

interface Compared {
  readonly route: Route;
  readonly wrong: number;
  readonly apartMs: number;
}

export const s3: Row = {
  id: 'S3',
  fault: 'every route x another tenant’s id, a random id',
  criterion: '404, same body; median timing within 5 ms; 100 % of the routes in the OpenAPI file',
  async run(stage) {
    const scene = await stage.open({ apps: 1, merchants: 1 });
    const { apiUrl } = scene.system;
    const [app] = scene.apps;
    const [stranger] = await provision({ apiUrl, apps: [{ url: scene.receiver.urlOf(9), merchants: [] }] });
    if (app === undefined || stranger === undefined) throw new Error('there are no apps');
    const theirs = await idsOf(apiUrl, app);
    const routes = (await readRoutes(apiUrl)).filter(({ path, access }) => path.includes('{') && access === 'partner');
    const compared: Compared[] = [];
    for (const route of routes) {
      stage.say(`${route.method} ${route.path}`);
      compared.push(await compare(apiUrl, route, { theirs, key: stranger.apiKey, times: stage.pick({ full: 200, short: 20 }) }));
    }
    // The operator has no other tenants: an id that nobody has is a 404 all the same.
    const operators = (await readRoutes(apiUrl)).filter(({ path, access }) => path.includes('{') && access === 'operator');
    const answers = await Promise.all(operators.map((route) => call(apiUrl, route, nobodys(), OPERATOR_TOKEN)));
    const worst = compared.reduce((most, each) => (each.apartMs > most.apartMs ? each : most), compared[0] as Compared);
    const stillThere = await ask(apiUrl, { path: `/v1/apps/${app.id}`, token: app.apiKey });
    return [
      none(
        'answers other than 404, or with another body',
        compared.reduce((sum, { wrong }) => sum + wrong, 0),
      ),
      none('operator’s routes other than 404', answers.filter(({ status }) => status !== 404).length),
      atMost('medians apart', worst.apartMs, MEDIANS_WITHIN_MS, 'ms'),
      note('at', `${worst.route.method} ${worst.route.path}`),
      exactly('routes with ids covered', compared.length + answers.length, routes.length + operators.length),
      exactly('the app is there for its own partner', stillThere.status, 200),
    ];
  },
};

/** Every id that the tenant has. */
async function idsOf(
  apiUrl: string,
  app: { readonly id: string; readonly apiKey: string; readonly installationIds: readonly string[] },
): Promise<Ids> {
  const pool = new ApiPool(apiUrl, 1);
  const api = pool.as(app.apiKey);
  const first = async (path: string): Promise<string> => ((await api.call('GET', path))['data'] as { id: string }[])[0]?.id ?? '';
  let deliveryId = '';
  // Recorded shortly after it was sent.
  await until(async () => (deliveryId = await first(`/v1/apps/${app.id}/deliveries`)) !== '', 30_000);
  const secretId = await first(`/v1/apps/${app.id}/webhook/secrets`);
  await pool.close();
  return { app_id: app.id, installation_id: app.installationIds[0] ?? '', delivery_id: deliveryId, secret_id: secretId };
}

function nobodys(): Ids {
  const [app_id, installation_id, delivery_id, secret_id] = [newId('app'), newId('ins'), newId('dlv'), newId('sec')];
  return { app_id, installation_id, delivery_id, secret_id, partner_id: newId('par'), key_id: newId('key') };
}

/** Another's ids and random ones in turn, so that whatever changes meanwhile is the same for both. */
async function compare(
  apiUrl: string,
  route: Route,
  { theirs, key, times }: { readonly theirs: Ids; readonly key: string; readonly times: number },
): Promise<Compared> {
  const took: { foreign: number[]; random: number[] } = { foreign: [], random: [] };
  let wrong = 0;
  for (let time = 0; time < times; time++) {
    const foreign = await call(apiUrl, route, theirs, key);
    const random = await call(apiUrl, route, nobodys(), key);
    took.foreign.push(foreign.answeredMs - foreign.askedMs);
    took.random.push(random.answeredMs - random.askedMs);
    if (foreign.status !== 404 || random.status !== 404 || bare(foreign) !== bare(random)) wrong++;
  }
  return { route, wrong, apartMs: Math.abs(percentile(took.foreign, 0.5) - percentile(took.random, 0.5)) };
}

function call(apiUrl: string, route: Route, ids: Ids, token: string): Promise<Answer> {
  const json = bodyOf(route);
  return ask(apiUrl, { method: route.method, path: filled(route.path, ids), token, ...(json === undefined ? {} : { json }) });
}

/** Without what names the request itself: its id, and the path that it asked for. */
function bare({ body }: Answer): string {
  const { request_id: _id, instance: _path, ...rest } = body;
  return JSON.stringify(rest);
}
