import { setTimeout as delay } from 'node:timers/promises';
import { reasonsIn } from '../services/ready.ts';
import { gatewayApi } from './gateway-api.ts';
import type { ReceivedWebhook } from './received-webhook.ts';
import { receivedWebhooks } from './receiver-spec.ts';
import { DEMO_KEY } from './seed.ts';

const POLL_MS = 100;

/** The event's first webhook with a good signature, or undefined when none came in time. */
export async function firstVerifiedWebhook(port: number, eventId: string, timeoutMs: number): Promise<ReceivedWebhook | undefined> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    const webhooks = await receivedWebhooks(port, eventId).catch(() => []);
    const verified = webhooks.find((webhook) => webhook.verified);
    if (verified !== undefined) return verified;
    await delay(POLL_MS);
  }
  return undefined;
}

/** A webhook as it came over the wire: headers, an empty line, the body. */
export function describeWebhook({ headers, body }: ReceivedWebhook): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [...lines, '', body].join('\n');
}

export interface Search {
  readonly gatewayUrl: string;
  readonly receiverPort: number;
  readonly appId: string;
  readonly eventId: string;
}

/** What can be known of a webhook that did not come: which service is unwell, the event's delivery and its attempts, what was received. */
export async function explainSilence(search: Search): Promise<string> {
  const parts = await Promise.all([
    tell('services', () => systemState(search.gatewayUrl)),
    tell('deliveries', () => deliveriesOf(search)),
    tell('received', async () => {
      const webhooks = await receivedWebhooks(search.receiverPort);
      return webhooks.map(({ headers, fault }) => `${headers['webhook-id'] ?? '?'} ${fault ?? 'verified'}`).join(', ') || 'nothing at all';
    }),
  ]);
  return [`event ${search.eventId} of app ${search.appId}`, ...parts].join('\n');
}

async function tell(what: string, find: () => Promise<string>): Promise<string> {
  try {
    return `  ${what}: ${await find()}`;
  } catch (error) {
    return `  ${what}: unknown (${error instanceof Error ? error.message : String(error)})`;
  }
}

async function systemState(gatewayUrl: string): Promise<string> {
  const response = await fetch(`${gatewayUrl}/health/system`);
  const text = await response.text();
  return response.ok ? 'all ready' : (reasonsIn(text) ?? text);
}

async function deliveriesOf({ gatewayUrl, appId, eventId }: Search): Promise<string> {
  const call = gatewayApi(gatewayUrl, DEMO_KEY);
  const { data } = (await call('GET', `/v1/apps/${appId}/deliveries?limit=100`)) as { data: { id: string; event_id: string }[] };
  const delivery = data.find(({ event_id }) => event_id === eventId);
  if (delivery === undefined) return `none of this event, ${data.length} of others: it was not matched, or not consumed yet`;
  const attempts = await call('GET', `/v1/deliveries/${delivery.id}/attempts`);
  return `${JSON.stringify(delivery)} attempts ${JSON.stringify(attempts)}`;
}
