import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@hookwright/testkit';
import { api } from './api.ts';
import { Receiver, type ReceivedRequest, isSignedWith } from './receiver.ts';
import { type Question, referenceLibraries } from './reference-libraries.ts';
import { maySign, mustSign } from './secret-timeline.ts';
import { REQUIRED_SCOPE, SCOPES } from './send-rule-model.ts';
import { System } from './system.ts';
import { createTestedApp, endOlderSecret, rotateSecret, succeeded, type TestedApp } from './tested-app.ts';

// Seconds of overlap; one that runs out while requests come, and an emergency.
const OVERLAPS = [3600, 3, 3600, 0, 60, 0, 3600];
const REQUESTS_BETWEEN = 60;
const AT_ONCE = 10;
const MERCHANT = `mer_${randomUUID()}`;

let system: System;
let receiver: Receiver;
let app: TestedApp;
let requests: readonly ReceivedRequest[];
let questions: readonly Question[];
/** What the library for JavaScript says. */
let answers: readonly boolean[];

beforeAll(async () => {
  receiver = await Receiver.start();
  system = await System.start();
  const operator = api(system.apiUrl, system.operatorToken);
  for (const [type, scope] of Object.entries(REQUIRED_SCOPE)) {
    const eventType = { type, source: 'installed_merchants', required_scope: scope, description: type, schema: {}, example: {} };
    succeeded(await operator.post('/v1/operator/event-types', eventType));
  }
  const { body } = await operator.post('/v1/operator/partners', { name: 'Rotating' });
  app = await createTestedApp({ system, receiver, operator, keys: body['api_keys'] as { live: string; test: string } }, 'live');
  succeeded(await operator.post('/v1/operator/installations', { app_id: app.id, merchant_id: MERCHANT, scopes: SCOPES }));
  await receiver.arrived(app.path, 'partner_app.install.created');
  requests = await requestsDuringRotations();
  questions = requests.flatMap((request) => app.secrets.map(({ text: secret }) => ({ request, secret })));
  answers = questions.map(({ request, secret }) => isSignedWith(request, secret));
}, 300_000);

afterAll(async () => {
  await system.stop();
  await receiver.stop();
});

/** Publishes orders while the secret is rotated and ended again and again. Everything that arrived, once it all has. */
async function requestsDuringRotations(): Promise<readonly ReceivedRequest[]> {
  const ended = new AbortController();
  const load = publishUntil(ended.signal);
  try {
    for (const overlapSeconds of OVERLAPS) {
      await moreArrive();
      await rotateSecret(app, overlapSeconds);
      if (overlapSeconds > 0 && overlapSeconds < 10) await ranOut();
      await moreArrive();
      if (overlapSeconds === 3600) await endOlderSecret(app);
    }
    await moreArrive();
  } finally {
    ended.abort();
    await load;
  }
  return receiver.at(app.path);
}

/** A few at once, again when they have arrived: as many as can be verified afterwards. */
async function publishUntil(ended: AbortSignal): Promise<void> {
  for (let published = AT_ONCE; !ended.aborted; published += AT_ONCE) {
    const ids = Array.from({ length: AT_ONCE }, () => randomUUID());
    const event = { topic: 'merchant.orders', merchant: MERCHANT, type: 'order.created' };
    await Promise.all(ids.map((id) => system.publish({ ...event, id, data: { id } })));
    await receiver.arrived(app.path, 'order.created', published);
  }
}

async function moreArrive(): Promise<void> {
  await receiver.arrived(app.path, 'order.created', receiver.at(app.path, 'order.created').length + REQUESTS_BETWEEN);
}

async function ranOut(): Promise<void> {
  await eventually(() => {
    const request = receiver.at(app.path).at(-1);
    expect(String(request?.headers['webhook-signature']).split(' ')).toHaveLength(1);
  });
}

describe('requests that were sent while secrets were rotated and ended', () => {
  it('are signed with every secret that is live and with no other, each of them', () => {
    expect(requests.length).toBeGreaterThan(OVERLAPS.length * REQUESTS_BETWEEN);
    for (const [number, request] of requests.entries()) {
      const signers = app.secrets.filter((_secret, at) => answers[number * app.secrets.length + at]);
      expect(signers).not.toEqual([]);
      expect(signers).toEqual(expect.arrayContaining(mustSign(app.secrets, request.arrivedAtMs)));
      expect(maySign(app.secrets, request.arrivedAtMs)).toEqual(expect.arrayContaining(signers));
      expect(String(request.headers['webhook-signature']).split(' ')).toHaveLength(signers.length);
    }
  });

  for (const { language, verify } of referenceLibraries()) {
    it(`are verified by Standard Webhooks’ library for ${language} exactly as by the one for JavaScript`, () => {
      expect(verify(questions)).toEqual(answers);
    });
  }
});
