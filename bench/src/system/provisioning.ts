import { OPERATOR_TOKEN } from '@hookwright/local';
import { type Api, ApiPool } from './api.ts';
import { inParallel } from './in-parallel.ts';

export const EVENT_TYPE = 'order.created';
export const SCOPE = 'orders.read';

export interface AppWish {
  readonly url: string;
  /** Merchants that install it. */
  readonly merchants: readonly string[];
  /** Further fields of the webhook, such as `{ max_concurrency: 50 }`. */
  readonly webhook?: Readonly<Record<string, unknown>>;
  /** Further fields of the app, such as `{ redirect_uris: [] }`. */
  readonly app?: Readonly<Record<string, unknown>>;
}

export interface ProvisionedApp {
  readonly id: string;
  readonly url: string;
  /** whsec_…, for those who verify signatures. */
  readonly secret: string;
  /** What it authenticates itself with as an OAuth client. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** Live API key of its partner. */
  readonly apiKey: string;
  readonly merchants: readonly string[];
  /** In the order of the merchants. */
  readonly installationIds: readonly string[];
}

export interface ProvisioningOptions {
  readonly apiUrl: string;
  readonly apps: readonly AppWish[];
  /** Called after every app. */
  readonly onProgress?: (done: number) => void;
}

// The gateway answers some 200 creations a second on two cores; more callers at once only wait.
const WIDTH = 16;

/** Partners, apps with their endpoint, and installations, as an operator and a partner make them: through the public API alone. */
export async function provision({ apiUrl, apps, onProgress }: ProvisioningOptions): Promise<readonly ProvisionedApp[]> {
  const pool = new ApiPool(apiUrl, WIDTH);
  try {
    const operator = pool.as(OPERATOR_TOKEN);
    await operator.call('POST', '/v1/operator/event-types', EVENT_TYPE_BODY);
    const apiKey = await makePartner(operator);
    const partner = pool.as(apiKey);
    let done = 0;
    return await inParallel(apps, WIDTH, async (wish) => {
      const app = await makeApp(partner, operator, wish);
      onProgress?.(++done);
      return { ...app, apiKey };
    });
  } finally {
    await pool.close();
  }
}

const EVENT_TYPE_BODY = {
  type: EVENT_TYPE,
  required_scope: SCOPE,
  description: 'An order was placed.',
  schema: { type: 'object' },
  example: { id: 'ord_1' },
};

async function makePartner(operator: Api): Promise<string> {
  const { api_keys } = await operator.call('POST', '/v1/operator/partners', { name: 'Bench' });
  return (api_keys as { live: string }).live;
}

async function makeApp(partner: Api, operator: Api, { url, merchants, webhook, app }: AppWish): Promise<Omit<ProvisionedApp, 'apiKey'>> {
  const made = await partner.call('POST', '/v1/apps', {
    name: 'Bench',
    ...app,
    permissions: [{ id: 'orders', title: 'See orders', scopes: [SCOPE], optional: false }],
    webhook: { url, event_sources: ['installed_merchants'], enabled_events: [EVENT_TYPE], ...webhook },
  });
  const app_id = made['id'] as string;
  const installations = await inParallel(merchants, WIDTH, (merchant_id) =>
    operator.call('POST', '/v1/operator/installations', { app_id, merchant_id, scopes: [SCOPE] }),
  );
  return {
    id: app_id,
    url,
    secret: (made['webhook'] as { secret: string }).secret,
    clientId: made['client_id'] as string,
    clientSecret: made['client_secret'] as string,
    merchants,
    installationIds: installations.map(({ id }) => id as string),
  };
}
