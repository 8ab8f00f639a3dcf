import { newId } from '@hookwright/contracts';
import { OPERATOR_TOKEN } from '@hookwright/local';
import { percentile } from '../../figures/percentile.ts';
import { ApiPool } from '../../system/api.ts';
import { provision } from '../../system/provisioning.ts';
import { atLeast, atMost, holds, none, note } from '../judge/checks.ts';
import type { Row } from '../row.ts';
import { type Answer, ask, type Question } from '../stage/ask.ts';
import { Merchant } from '../stage/consents.ts';
import { bodyOf, filled, idNamesOf, nameOf, readRoutes, type Route } from '../stage/routes.ts';
import { until } from '../stage/until.ts';

const MEDIANS_WITHIN_MS = 5;
const OTHER_MERCHANT = 'mer_another';
/** An erasure is of any merchant: the log may still have something of one whom the registry does not know any more. */
const ANY_ID = ['POST /v1/operator/merchants/{merchant_id}/erase'];

/** Of the ids in a path, those of a tenant. */
type Ids = Readonly<Record<string, string>>;

/** Asks with somebody's credential. */
type Asker = (question: Question) => Promise<Answer>;

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
    const [owner, another] = [new Merchant(apiUrl, app.merchants[0] ?? ''), new Merchant(apiUrl, OTHER_MERCHANT)];
    await Promise.all([owner.logIn(), another.logIn()]);
    const theirs = await idsOf(apiUrl, app);
    const strangers: Readonly<Record<'partner' | 'merchant', Asker>> = {
      partner: (question) => ask(apiUrl, { ...question, token: stranger.apiKey }),
      merchant: (question) => another.askApi(question),
    };
    const asOperator: Asker = (question) => ask(apiUrl, { ...question, token: OPERATOR_TOKEN });

    const routes = (await readRoutes(apiUrl)).filter(({ path }) => path.includes('{'));
    const compared: Compared[] = [];
    for (const route of routes) {
      const { access } = route;
      if (access !== 'partner' && access !== 'merchant') continue;
      stage.say(nameOf(route));
      compared.push(await compare(strangers[access], route, { theirs, times: stage.pick({ full: 200, short: 20 }) }));
    }
    // The operator has no other tenants: an id that nobody has is a 404 all the same.
    const operators = routes.filter((route) => route.access === 'operator' && !ANY_ID.includes(nameOf(route)));
    const answers = await Promise.all(operators.map((route) => call(asOperator, route, nobodys())));
    const covered = new Set([...compared.map(({ route }) => nameOf(route)), ...operators.map(nameOf), ...ANY_ID]);
    const worst = compared.reduce((most, each) => (each.apartMs > most.apartMs ? each : most), compared[0] as Compared);
    // Whose ids these are, or were they of nobody every answer would be right.
    const ownRoutes = routes.filter(({ access, method }) => access === 'partner' && method === 'GET');
    const asOwner: Asker = (question) => ask(apiUrl, { ...question, token: app.apiKey });
    const own = await Promise.all(ownRoutes.map((route) => call(asOwner, route, theirs)));
    const ofMerchant = await owner.askApi({ path: '/v1/merchants/me/installations' });
    const hasIt = ofMerchant.text.includes(`"${theirs['installation_id'] ?? ''}"`);
    return [
      none(
        'answers other than 404, or with another body',
        compared.reduce((sum, { wrong }) => sum + wrong, 0),
      ),
      none('operator’s routes other than 404', answers.filter(({ status }) => status !== 404).length),
      atMost('medians apart', worst.apartMs, MEDIANS_WITHIN_MS, 'ms'),
      note('at', nameOf(worst.route)),
      none('routes of the document with an id and not asked', routes.filter((route) => !covered.has(nameOf(route))).length),
      atLeast('routes of partners and merchants', compared.length, 1),
      note('routes of the operator', operators.length),
      none('reads of its own that are not 200', own.filter(({ status }) => status !== 200).length),
      holds('the installation is there for its own merchant', hasIt, `answered ${ofMerchant.status}`),
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
  const ids = { app_id: app.id, installation_id: app.installationIds[0] ?? '', delivery_id: deliveryId, secret_id: secretId };
  for (const [name, id] of Object.entries(ids)) if (id === '') throw new Error(`the tenant has no ${name}`);
  return ids;
}

function nobodys(): Ids {
  const [app_id, installation_id, delivery_id, secret_id] = [newId('app'), newId('ins'), newId('dlv'), newId('sec')];
  return { app_id, installation_id, delivery_id, secret_id, partner_id: newId('par'), key_id: newId('key') };
}

/** Another's ids and random ones in turn, so that whatever changes meanwhile is the same for both. */
async function compare(
  asStranger: Asker,
  route: Route,
  { theirs, times }: { readonly theirs: Ids; readonly times: number },
): Promise<Compared> {
  const strange = idNamesOf(route).filter((name) => theirs[name] === undefined);
  if (strange.length > 0) throw new Error(`${nameOf(route)}: the row has no ${strange.join(', ')} of another tenant`);
  const took: { foreign: number[]; random: number[] } = { foreign: [], random: [] };
  let wrong = 0;
  for (let time = 0; time < times; time++) {
    const foreign = await call(asStranger, route, theirs);
    const random = await call(asStranger, route, nobodys());
    took.foreign.push(foreign.answeredMs - foreign.askedMs);
    took.random.push(random.answeredMs - random.askedMs);
    if (foreign.status !== 404 || random.status !== 404 || bare(foreign) !== bare(random)) wrong++;
  }
  return { route, wrong, apartMs: Math.abs(percentile(took.foreign, 0.5) - percentile(took.random, 0.5)) };
}

function call(asSomebody: Asker, route: Route, ids: Ids): Promise<Answer> {
  const json = bodyOf(route);
  return asSomebody({ method: route.method, path: filled(route.path, ids), ...(json === undefined ? {} : { json }) });
}

/** Without what names the request itself: its id, and the path that it asked for. */
function bare({ body }: Answer): string {
  const { request_id: _id, instance: _path, ...rest } = body;
  return JSON.stringify(rest);
}
