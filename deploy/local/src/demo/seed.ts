import { OPERATOR_TOKEN } from '../services/service-specs.ts';
import type { Note } from '../terminal.ts';
import { type DemoFile, readDemoFile, writeDemoFile } from './demo-file.ts';
import { DEMO_EVENT_TYPES, DEMO_SCOPES } from './event-types.ts';
import { type Call, gatewayApi } from './gateway-api.ts';

export const DEMO_KEY = 'hw_live_demo';
export const DEMO_TEST_KEY = 'hw_test_demo';
export const DEMO_MERCHANTS = ['mer_demo_1', 'mer_demo_2', 'mer_demo_3'] as const;
const INSTALLED_AT = DEMO_MERCHANTS.slice(0, 2);
const APP_NAME = 'Demo';

export interface Seeding {
  readonly gatewayUrl: string;
  readonly demoFile: string;
  /** Where the demo's receiver takes webhooks; undefined: event types only (--strict-egress). */
  readonly receiverUrl: string | undefined;
}

export interface Seeded {
  /** Undefined without a demo app. */
  readonly appId: string | undefined;
  /** Something is new, and takes up to 1 s to be in effect (api.md). */
  readonly changed: boolean;
}

/** The demo by way of the public API, as a partner and an operator would do it. What is there already is left as it is. */
export async function seedDemo({ gatewayUrl, demoFile, receiverUrl }: Seeding, note: Note): Promise<Seeded> {
  const operator = gatewayApi(gatewayUrl, OPERATOR_TOKEN);
  const partner = gatewayApi(gatewayUrl, DEMO_KEY);
  note('event types');
  for (const eventType of DEMO_EVENT_TYPES) await operator('POST', '/v1/operator/event-types', eventType);
  if (receiverUrl === undefined) return { appId: undefined, changed: false };
  note('app');
  const app = await seedApp(partner, demoFile, receiverUrl);
  note('installations');
  const installed = await seedInstallations(operator, partner, app.id);
  return { appId: app.id, changed: app.changed || installed };
}

interface App {
  readonly id: string;
  readonly name: string;
  readonly webhook: {
    readonly url: string;
    readonly status: string;
    readonly secret?: string;
    readonly signing: { readonly secrets: readonly { readonly id: string }[] };
  } | null;
}

async function seedApp(partner: Call, demoFile: string, url: string): Promise<{ readonly id: string; readonly changed: boolean }> {
  const known = await findApp(partner, readDemoFile(demoFile)?.appId);
  if (known === undefined) {
    const made = (await partner('POST', '/v1/apps', appBody(url))) as App;
    keepSecret(demoFile, made);
    return { id: made.id, changed: true };
  }
  const moved = known.webhook?.url !== url;
  const app = moved ? ((await partner('PATCH', `/v1/apps/${known.id}`, { webhook: webhookBody(url) })) as App) : known;
  // A webhook that was removed and is made anew has a new secret, shown in this answer only.
  if (app.webhook?.secret !== undefined) keepSecret(demoFile, app);
  const renewed = await ensureSecret(partner, demoFile, app);
  return { id: app.id, changed: moved || renewed };
}

function appBody(url: string): unknown {
  const resources = DEMO_SCOPES.map((scope) => scope.replace('.read', ''));
  return {
    name: APP_NAME,
    description: 'Made by npm start: receives every event of the merchants that installed it.',
    permissions: resources.map((id) => ({ id, title: `See ${id}`, scopes: [`${id}.read`], optional: false })),
    webhook: webhookBody(url),
  };
}

function webhookBody(url: string): unknown {
  return { url, event_sources: ['partner_app', 'installed_merchants'], enabled_events: ['*'] };
}

/** The demo app of an earlier start: by its id, else (the file may be lost) the oldest one of its name. */
async function findApp(partner: Call, id: string | undefined): Promise<App | undefined> {
  let found: App | undefined;
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = (await partner('GET', `/v1/apps?limit=100${query}`)) as { data: App[]; next_cursor: string | null };
    const wanted = page.data.find((app) => app.id === id);
    if (wanted !== undefined) return wanted;
    found = page.data.findLast((app) => app.name === APP_NAME) ?? found;
    cursor = page.next_cursor;
  } while (cursor !== null);
  return found;
}

/** Makes sure the receiver knows a secret that signs; without one, rotates at once. True: it did. */
async function ensureSecret(partner: Call, demoFile: string, app: App): Promise<boolean> {
  const kept = readDemoFile(demoFile);
  const live = app.webhook?.signing.secrets ?? [];
  if (kept?.appId === app.id && live.some(({ id }) => id === kept.secretId)) return false;
  const body = { overlap_seconds: 0, force: true, reason: 'npm start lost the secret of its demo' };
  const rotated = (await partner('POST', `/v1/apps/${app.id}/rotate-secret`, body)) as { secret: string; secret_id: string };
  writeDemoFile(demoFile, { appId: app.id, secretId: rotated.secret_id, secret: rotated.secret });
  return true;
}

function keepSecret(demoFile: string, { id, webhook }: App): void {
  const content: DemoFile = { appId: id, secretId: webhook?.signing.secrets[0]?.id ?? '', secret: webhook?.secret ?? '' };
  writeDemoFile(demoFile, content);
}

/** True: at least one installation is new. */
async function seedInstallations(operator: Call, partner: Call, appId: string): Promise<boolean> {
  const active = (await partner('GET', `/v1/apps/${appId}/installations?status=active&limit=100`)) as { data: { merchant_id: string }[] };
  const missing = INSTALLED_AT.filter((merchant) => !active.data.some(({ merchant_id }) => merchant_id === merchant));
  for (const merchant_id of missing) {
    await operator('POST', '/v1/operator/installations', { app_id: appId, merchant_id, scopes: DEMO_SCOPES });
  }
  return missing.length > 0;
}
