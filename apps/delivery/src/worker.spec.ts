import { createPublicKey, verify } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  EndpointSignalKind,
  EndpointSignalSchema,
  EndpointStatus,
  EventSource,
  InstallationStatus,
  PayloadStyle,
  deliveryIdOf,
} from '@hookwright/contracts';
import { fromBinary } from '@bufbuild/protobuf';
import { CompactedTable, createKafka } from '@hookwright/kafka';
import { createLogger } from '@hookwright/runtime';
import { type TestDatabase, createDatabase, eventually, uniqueName, useStores } from '@hookwright/testkit';
import { Webhook } from 'standardwebhooks';
import type { AttemptRecord } from './log/delivery-record.ts';
import { attemptsOf as attemptsIn } from './rig/log.ts';
import { Receiver, type Received } from './rig/receiver.ts';
import type { Rig } from './rig/rig.ts';
import { startRig } from './spec/start-rig.ts';

interface Row {
  readonly status: string;
  readonly reason: string;
  readonly attempt_count: number;
  readonly last_status_code: number | null;
  readonly last_error_category: string | null;
  readonly next_attempt_at: Date | null;
}

let database: TestDatabase;
let rig: Rig;
let receiver: Receiver;
let url: string;

beforeAll(async () => {
  const [stores, created] = await Promise.all([useStores(), createDatabase('delivery')]);
  database = created;
  ({ rig, receiver, url } = await startRig(stores, database.url, 'delivery'));
  // No pauses to speak of; a breaker would only be in the way here.
  await rig.startWorker({ RETRY_SCHEDULE_SECONDS: '0.1,0.1,0.1', BREAKER_CALLS: '1000' });
});

afterAll(async () => {
  await rig.close();
  await receiver.close();
  await database.drop();
});

async function rowOf(eventId: string, appId: string): Promise<Row> {
  const { rows } = await database.pool.query<Row>('SELECT * FROM delivery WHERE id = $1', [deliveryIdOf(eventId, appId)]);
  expect(rows).toHaveLength(1);
  return rows[0]!;
}

async function rowWith(eventId: string, appId: string, expected: Partial<Row>): Promise<Row> {
  return await eventually(async () => {
    const row = await rowOf(eventId, appId);
    expect(row).toMatchObject(expected);
    return row;
  });
}

async function attemptsOf(eventId: string, appId: string): Promise<AttemptRecord[]> {
  return await attemptsIn(database.pool, deliveryIdOf(eventId, appId));
}

/** An app with one secret and an endpoint of its own path. */
async function newApp(change: Parameters<Rig['endpoint']>[2] = {}): Promise<{ appId: string; secret: string; secretId: string }> {
  const appId = uniqueName('app');
  const secretId = uniqueName('sec');
  const secret = rig.vault.add(appId, { id: secretId });
  await rig.endpoint(appId, `${url}/${appId}`, change);
  return { appId, secret, secretId };
}

function verifies(secret: string, { headers, body }: Received): boolean {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

describe('a worker', () => {
  it('sends an event signed, records delivery and attempt, and stores the event once', async () => {
    const first = await newApp();
    const second = await newApp();
    const data = '{"total" : 12.50,  "text":"naïve \\u00e9"}';
    const eventId = await rig.publish({ data, apps: [{ appId: first.appId }, { appId: second.appId }] });
    await rowWith(eventId, first.appId, { status: 'delivered', attempt_count: 1, last_status_code: 200, next_attempt_at: null });
    await rowWith(eventId, second.appId, { status: 'delivered' });

    const request = receiver.of(eventId).find(({ path }) => path === `/${first.appId}`)!;
    expect(verifies(first.secret, request)).toBe(true);
    expect(request.body.toString().endsWith(`"data":${data}}`)).toBe(true);
    expect(request.headers).toMatchObject({
      'webhook-id': eventId,
      'webhook-event-type': 'order.created',
      'webhook-delivery-id': deliveryIdOf(eventId, first.appId),
      'webhook-attempt': '1',
      'webhook-app-id': first.appId,
      'webhook-merchant-id': 'mer_1',
      'user-agent': 'Hookwright/1',
    });
    const [attempt] = await attemptsOf(eventId, first.appId);
    expect(attempt).toMatchObject({ number: 1, statusCode: 200, errorCategory: '', signedWith: [first.secretId], truncated: false });
    expect(attempt?.responseBody.toString()).toBe('ok');
    const bodies = await database.pool.query('SELECT data FROM event_body WHERE event_id = $1', [eventId]);
    expect(bodies.rows).toEqual([{ data: Buffer.from(data) }]);
  });

  it('retries after a 500, with the same bytes, and records both attempts', async () => {
    const { appId, secret } = await newApp();
    receiver.answer = ({ path }, response) => {
      const isFirst = receiver.requests.filter((request) => request.path === path).length === 1;
      response.writeHead(path === `/${appId}` && isFirst ? 500 : 200).end();
    };
    const eventId = await rig.publish({ apps: [{ appId }] });
    // A retry must not be changed by what the endpoint became meanwhile.
    await eventually(() => expect(receiver.of(eventId)).toHaveLength(1));
    await rig.endpoint(appId, `${url}/${appId}`, { payloadStyle: PayloadStyle.THIN });
    await rowWith(eventId, appId, { status: 'delivered', attempt_count: 2, last_status_code: 200, last_error_category: null });
    const [one, two] = receiver.of(eventId);
    expect(one!.body.equals(two!.body)).toBe(true);
    expect(two!.headers['webhook-attempt']).toBe('2');
    expect(verifies(secret, two!)).toBe(true);
    expect(await attemptsOf(eventId, appId)).toMatchObject([
      { number: 1, statusCode: 500, errorCategory: 'http_5xx' },
      { number: 2, statusCode: 200, errorCategory: '' },
    ]);
  });

  it('gives up after the last scheduled attempt', async () => {
    const { appId } = await newApp();
    receiver.answer = ({ path }, response) => response.writeHead(path === `/${appId}` ? 404 : 200).end();
    const eventId = await rig.publish({ apps: [{ appId }] });
    await rowWith(eventId, appId, {
      status: 'failed',
      reason: 'attempts_exhausted',
      attempt_count: 4,
      last_error_category: 'http_4xx',
      next_attempt_at: null,
    });
    expect(await attemptsOf(eventId, appId)).toHaveLength(4);
  });

  it('sends an event that comes several times once', async () => {
    const { appId } = await newApp();
    const apps = [{ appId }];
    const id = uniqueName('event');
    const [eventId] = await Promise.all([rig.publish({ id, apps }), rig.publish({ id, apps }), rig.publish({ id, apps })]);
    await rowWith(eventId, appId, { status: 'delivered' });
    await rig.publish({ id, apps });
    const later = await rig.publish({ apps });
    await rowWith(later, appId, { status: 'delivered' });
    expect(receiver.of(eventId)).toHaveLength(1);
  });

  it('keeps deliveries of a paused endpoint and sends them on resume, oldest first', async () => {
    const { appId } = await newApp({ status: EndpointStatus.PAUSED, maxConcurrency: 1 });
    const eventIds: string[] = [];
    for (let n = 0; n < 5; n++) eventIds.push(await rig.publish({ apps: [{ appId }] }));
    // The reason is 'endpoint_unknown' instead when the event was quicker than the endpoint's announcement; it waits all the same.
    for (const eventId of eventIds) await rowWith(eventId, appId, { status: 'pending', attempt_count: 0 });
    await rig.endpoint(appId, `${url}/${appId}`, { maxConcurrency: 1 });
    for (const eventId of eventIds) await rowWith(eventId, appId, { status: 'delivered', reason: '' });
    const order = receiver.requests.filter(({ path }) => path === `/${appId}`).map(({ headers }) => headers['webhook-id']);
    expect(order).toEqual(eventIds);
  });

  it('suppresses deliveries of a disabled or unverified endpoint, and keeps their event', async () => {
    const disabled = await newApp({ status: EndpointStatus.DISABLED });
    const unverified = await newApp({ status: EndpointStatus.PENDING_VERIFICATION });
    const eventId = await rig.publish({ apps: [{ appId: disabled.appId }, { appId: unverified.appId }] });
    await rowWith(eventId, disabled.appId, { status: 'suppressed', reason: 'endpoint_disabled', attempt_count: 0 });
    await rowWith(eventId, unverified.appId, { status: 'suppressed', reason: 'endpoint_unverified' });
    expect((await database.pool.query('SELECT FROM event_body WHERE event_id = $1', [eventId])).rowCount).toBe(1);
    expect(receiver.of(eventId)).toHaveLength(0);
  });

  it('cancels what waits for an endpoint that is removed, suppresses what waits for one that is disabled', async () => {
    const removed = await newApp({ status: EndpointStatus.PAUSED });
    const disabled = await newApp({ status: EndpointStatus.PAUSED });
    const eventId = await rig.publish({ apps: [{ appId: removed.appId }, { appId: disabled.appId }] });
    await rowWith(eventId, removed.appId, { status: 'pending' });
    await rowWith(eventId, disabled.appId, { status: 'pending' });
    await rig.removeEndpoint(removed.appId);
    await rig.endpoint(disabled.appId, url, { status: EndpointStatus.DISABLED });
    await rowWith(eventId, removed.appId, { status: 'canceled', reason: 'endpoint_removed', next_attempt_at: null });
    await rowWith(eventId, disabled.appId, { status: 'suppressed', reason: 'endpoint_disabled', next_attempt_at: null });
  });

  it('cancels deliveries of an installation that ended, waiting or new, but not of its next generation', async () => {
    const { appId } = await newApp({ status: EndpointStatus.PAUSED });
    const installationId = uniqueName('ins');
    const apps = [{ appId, installationId, generation: 1 }];
    const waiting = await rig.publish({ apps });
    await rowWith(waiting, appId, { status: 'pending' });
    await rig.installation(installationId, InstallationStatus.REVOKED);
    await rowWith(waiting, appId, { status: 'canceled', reason: 'installation_revoked' });

    await rig.endpoint(appId, `${url}/${appId}`);
    const old = await rig.publish({ apps });
    await rowWith(old, appId, { status: 'canceled', reason: 'installation_revoked' });
    await rig.installation(installationId, InstallationStatus.ACTIVE, 2);
    const next = await rig.publish({ apps: [{ appId, installationId, generation: 2 }] });
    await rowWith(next, appId, { status: 'delivered' });
    expect(receiver.of(old)).toHaveLength(0);
  });

  it('tells of a suspension and of what was before it', async () => {
    const { appId } = await newApp({ status: EndpointStatus.PAUSED });
    const installationId = uniqueName('ins');
    const told = (kind: string) =>
      rig.publish({
        type: `partner_app.install.${kind}`,
        source: EventSource.PARTNER_APP,
        apps: [{ appId, installationId, generation: 1 }],
      });
    const created = await told('created');
    await rowWith(created, appId, { status: 'pending' });
    await rig.installation(installationId, InstallationStatus.SUSPENDED);
    await rig.endpoint(appId, `${url}/${appId}`);
    await rowWith(created, appId, { status: 'delivered' });
    await rowWith(await told('suspended'), appId, { status: 'delivered' });
  });

  it('after a revoke tells of nothing but that, not even of what waited', async () => {
    const { appId } = await newApp({ status: EndpointStatus.PAUSED });
    const installationId = uniqueName('ins');
    const told = (kind: string, mandatory = false) =>
      rig.publish({
        type: `partner_app.install.${kind}`,
        source: EventSource.PARTNER_APP,
        mandatory,
        apps: [{ appId, installationId, generation: 1 }],
      });
    const [unsuspended, revoked] = [await told('unsuspended'), await told('revoked', true)];
    await rowWith(unsuspended, appId, { status: 'pending' });
    await rowWith(revoked, appId, { status: 'pending' });
    await rig.installation(installationId, InstallationStatus.REVOKED);
    await rowWith(unsuspended, appId, { status: 'canceled', reason: 'installation_revoked' });
    await rig.endpoint(appId, `${url}/${appId}`);
    await rowWith(revoked, appId, { status: 'delivered' });
    await rowWith(await told('permissions_updated'), appId, { status: 'canceled', reason: 'installation_revoked' });
  });

  it('signs with every live secret during a rotation’s overlap, and not with the old one after it', async () => {
    const { appId, secret: old, secretId } = await newApp();
    const before = await rig.publish({ apps: [{ appId }] });
    await rowWith(before, appId, { status: 'delivered' });

    const expiresAtMs = Date.now() + 2000;
    rig.vault.secrets.get(appId)![0] = { ...rig.vault.secrets.get(appId)![0]!, expiresAtMs };
    const young = rig.vault.add(appId, { id: 'sec_young' });
    await rig.secretsChanged(appId);
    await eventually(async () => {
      const during = await rig.publish({ apps: [{ appId }] });
      await rowWith(during, appId, { status: 'delivered' });
      const request = receiver.of(during)[0]!;
      expect([verifies(old, request), verifies(young, request)]).toEqual([true, true]);
      expect(await attemptsOf(during, appId)).toMatchObject([{ signedWith: ['sec_young', secretId] }]);
    });
    await eventually(async () => {
      const after = await rig.publish({ apps: [{ appId }] });
      await rowWith(after, appId, { status: 'delivered' });
      const request = receiver.of(after)[0]!;
      expect([verifies(old, request), verifies(young, request)]).toEqual([false, true]);
    });
  });

  it('signs with HMAC and ed25519 while the scheme changes', async () => {
    const { appId, secret, secretId } = await newApp();
    const x = rig.vault.addKeyPair(appId, 'sec_pair').toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    const eventId = await rig.publish({ apps: [{ appId }] });
    await rowWith(eventId, appId, { status: 'delivered' });
    const request = receiver.of(eventId)[0]!;
    const { 'webhook-signature': signatures = '', 'webhook-timestamp': timestamp } = request.headers;
    const [ours = '', theirs = ''] = String(signatures).split(' ');
    const signed = Buffer.concat([Buffer.from(`${eventId}.${String(timestamp)}.`), request.body]);
    expect(ours.startsWith('v1a,')).toBe(true);
    expect(verify(null, signed, key, Buffer.from(ours.slice(4), 'base64'))).toBe(true);
    expect([theirs.startsWith('v1,'), verifies(secret, request)]).toEqual([true, true]);
    expect(await attemptsOf(eventId, appId)).toMatchObject([{ signedWith: ['sec_pair', secretId] }]);
  });

  it('fails a delivery on 410, tells the registry, and holds the endpoint disabled until its answer comes', async () => {
    const { appId } = await newApp();
    receiver.answer = ({ path }, response) => response.writeHead(path === `/${appId}` ? 410 : 200).end();
    const eventId = await rig.publish({ apps: [{ appId }] });
    await rowWith(eventId, appId, { status: 'failed', reason: 'endpoint_gone', attempt_count: 1, last_status_code: 410 });
    const signal = await signalOf(appId);
    expect(signal).toMatchObject({ kind: EndpointSignalKind.GONE });
    const next = await rig.publish({ apps: [{ appId }] });
    await rowWith(next, appId, { status: 'suppressed', reason: 'endpoint_disabled' });
    expect(receiver.of(next)).toHaveLength(0);
    receiver.answer = (_request, response) => response.end();
    await rig.endpoint(appId, `${url}/${appId}`);
    await eventually(async () => {
      const again = await rig.publish({ apps: [{ appId }] });
      await eventually(async () => expect((await rowOf(again, appId)).status).toBe('delivered'), { timeoutMs: 2000 });
    });
  });

  it('parks while the vault is away, without an attempt, and goes on when it is back', async () => {
    const { appId } = await newApp();
    rig.vault.close();
    const eventId = await rig.publish({ apps: [{ appId }] });
    await rowWith(eventId, appId, { status: 'pending', reason: 'secrets_away', attempt_count: 0 });
    expect(receiver.of(eventId)).toHaveLength(0);
    await rig.restartVault();
    await rowWith(eventId, appId, { status: 'delivered', attempt_count: 1 });
  });

  it('waits for an endpoint that it does not know yet', async () => {
    const appId = uniqueName('app');
    rig.vault.add(appId, { id: 'sec_1' });
    const eventId = await rig.publish({ apps: [{ appId }] });
    await rowWith(eventId, appId, { status: 'pending', reason: 'endpoint_unknown' });
    await rig.endpoint(appId, `${url}/${appId}`);
    await rowWith(eventId, appId, { status: 'delivered' });
  });
});

/** What the worker told the registry of an app. */
async function signalOf(appId: string): Promise<unknown> {
  const logger = createLogger('spec', 'fatal');
  const signals = new Map<string, unknown>();
  const table = new CompactedTable({
    kafka: createKafka({ clientId: 'spec', brokers: rig.stores.kafkaBrokers, logger }),
    topic: rig.topics.endpointSignals,
    logger,
    apply: (key, value) => signals.set(key, value === null ? null : fromBinary(EndpointSignalSchema, value)),
  });
  try {
    await table.start();
    return await eventually(() => {
      expect(signals.has(appId)).toBe(true);
      return signals.get(appId);
    });
  } finally {
    await table.stop();
  }
}
