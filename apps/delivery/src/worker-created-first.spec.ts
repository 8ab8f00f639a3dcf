import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { EndpointStatus, EventSource, INSTALL_CREATED_TYPE, InstallationStatus, deliveryIdOf } from '@hookwright/contracts';
import { type Stores, type TestDatabase, createDatabase, eventually, uniqueName, useStores } from '@hookwright/testkit';
import type { Receiver } from './rig/receiver.ts';
import type { Rig, TestEvent } from './rig/rig.ts';
import { TcpProxy } from './rig/tcp-proxy.ts';
import { startRig } from './spec/start-rig.ts';

interface Row {
  readonly status: string;
  readonly reason: string;
  readonly attempt_count: number;
}

const NO_BREAKER = { BREAKER_CALLS: '1000' };

let stores: Stores;
let database: TestDatabase;
let rig: Rig;
let receiver: Receiver;
let url: string;
let appId: string;
let installationId: string;
let merchantId: string;

beforeAll(async () => {
  [stores, database] = await Promise.all([useStores(), createDatabase('delivery')]);
});

afterAll(() => database.drop());

beforeEach(async () => {
  ({ rig, receiver, url } = await startRig(stores, database.url, 'created'));
  [appId, installationId, merchantId] = [uniqueName('app'), uniqueName('ins'), uniqueName('mer')];
  rig.vault.add(appId, { id: 'sec_1' });
});

afterEach(async () => {
  await rig.close();
  await receiver.close();
});

/** As ingest tells an app of the installation. */
function created(generation = 1): Promise<string> {
  const apps = [{ appId, installationId, generation }];
  return rig.publish({ type: INSTALL_CREATED_TYPE, source: EventSource.PARTNER_APP, merchantId, apps });
}

/** As ingest forwards an event of a merchant that has installed the app lately. */
function order(change: Partial<TestEvent> = {}, generation = 1): Promise<string> {
  return rig.publish({ merchantId, apps: [{ appId, installationId, generation, afterCreated: true }], ...change });
}

async function rowWith(eventId: string, expected: Partial<Row>): Promise<void> {
  await eventually(
    async () => {
      const { rows } = await database.pool.query<Row>('SELECT * FROM delivery WHERE id = $1', [deliveryIdOf(eventId, appId)]);
      expect(rows).toMatchObject([expected]);
    },
    { timeoutMs: 30_000 },
  );
}

/** Publishes events of another merchant until the worker does that with one: it has heard of the endpoint's change. */
async function untilOne(status: string): Promise<void> {
  await eventually(async () => {
    const eventId = await rig.publish({ apps: [{ appId }] });
    await eventually(
      async () => {
        const { rows } = await database.pool.query('SELECT status FROM delivery WHERE id = $1', [deliveryIdOf(eventId, appId)]);
        expect(rows).toEqual([{ status }]);
      },
      { timeoutMs: 1000 },
    );
  });
}

const typesSeen = () => receiver.requests.map(({ headers }) => headers['webhook-event-type']);

async function expectCreatedFirst(eventIds: readonly string[]): Promise<void> {
  for (const eventId of eventIds) await rowWith(eventId, { status: 'delivered' });
  expect(typesSeen()[0]).toBe(INSTALL_CREATED_TYPE);
}

describe('what a worker forwards of a merchant that installed the app lately', () => {
  it('waits until the app was told of the installation, and no longer', async () => {
    await rig.endpoint(appId, url);
    await rig.startWorker();
    const early = await order();
    await rowWith(early, { status: 'pending', reason: 'install_untold', attempt_count: 0 });
    const told = await created();
    await expectCreatedFirst([told, early]);
    const late = await order();
    await rowWith(late, { status: 'delivered', attempt_count: 1 });
  });

  it('waits for the end of that request, and not for its success', async () => {
    await rig.endpoint(appId, url);
    const held: (() => void)[] = [];
    receiver.answer = (_request, response) => held.push(() => response.writeHead(500).end());
    await rig.startWorker({ ...NO_BREAKER, RETRY_SCHEDULE_SECONDS: '3600' });
    const told = await created();
    await eventually(() => expect(held).toHaveLength(1));
    const events = await Promise.all(Array.from({ length: 5 }, () => order()));
    for (const eventId of events) await rowWith(eventId, { status: 'pending', reason: 'install_untold' });
    receiver.answer = (_request, response) => response.end();
    for (const end of held) end();
    await rowWith(told, { status: 'retry_scheduled', attempt_count: 1 });
    await expectCreatedFirst(events);
  });

  it('comes after it on resume of a paused endpoint, also what is published at that moment', async () => {
    await rig.endpoint(appId, url, { status: EndpointStatus.PAUSED });
    await rig.startWorker();
    const events = [await order(), await created(), await order(), await order()];
    for (const eventId of events) await rowWith(eventId, { status: 'pending', attempt_count: 0 });
    const [live] = await Promise.all([order(), rig.endpoint(appId, url), order()]);
    await expectCreatedFirst([...events, live]);
  });

  it('comes after it when the endpoint is well again', async () => {
    const breaker = { BREAKER_CALLS: '5', BREAKER_PROBE_SECONDS: '3', RETRY_SCHEDULE_SECONDS: '0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1' };
    await rig.endpoint(appId, url, { maxConcurrency: 2 });
    receiver.answer = (_request, response) => response.writeHead(500).end();
    await rig.startWorker(breaker);
    const others = await Promise.all(Array.from({ length: 10 }, () => rig.publish({ merchantId: 'mer_old', apps: [{ appId }] })));
    await eventually(async () => {
      const { rows } = await database.pool.query(`SELECT FROM delivery WHERE app_id = $1 AND reason = 'breaker_open'`, [appId]);
      expect(rows.length).toBeGreaterThan(0);
    });
    const events = [await order(), await created(), await order()];
    for (const eventId of events) await rowWith(eventId, {});
    receiver.answer = (_request, response) => response.end();
    for (const eventId of [...others, ...events]) await rowWith(eventId, { status: 'delivered' });
    const ofMerchant = receiver.requests.filter(({ headers }) => headers['webhook-merchant-id'] === merchantId);
    expect(ofMerchant[0]?.headers['webhook-event-type']).toBe(INSTALL_CREATED_TYPE);
  });

  it('comes after it whichever of two workers has which', async () => {
    await rig.endpoint(appId, url);
    await Promise.all([rig.startWorker(), rig.startWorker()]);
    const partitions = Array.from({ length: 8 }, (_, n) => order({ partitionKey: `partition-${n}` }));
    const [told, ...events] = await Promise.all([created(), ...partitions]);
    await expectCreatedFirst([told, ...events]);
  });

  it('goes at once when the app was not to be told, or its endpoint was disabled then', async () => {
    await rig.endpoint(appId, url);
    await rig.startWorker();
    const event = await order({ apps: [{ appId, installationId }] });
    await rowWith(event, { status: 'delivered', attempt_count: 1 });

    await rig.endpoint(appId, url, { status: EndpointStatus.DISABLED });
    await untilOne('suppressed');
    await rowWith(await created(), { status: 'suppressed' });
    await rig.endpoint(appId, url);
    await untilOne('delivered');
    await rowWith(await order(), { status: 'delivered', attempt_count: 1 });
    expect(typesSeen()).not.toContain(INSTALL_CREATED_TYPE);
  });

  it('waits again when the merchant comes back, whatever the app was told before', async () => {
    await rig.endpoint(appId, url);
    await rig.startWorker();
    const first = [await created(), await order()];
    for (const eventId of first) await rowWith(eventId, { status: 'delivered' });
    await rig.installation(installationId, InstallationStatus.REVOKED);
    await rig.installation(installationId, InstallationStatus.ACTIVE, 2);
    const again = await order({}, 2);
    await rowWith(again, { status: 'pending', reason: 'install_untold' });
    const told = await created(2);
    for (const eventId of [told, again]) await rowWith(eventId, { status: 'delivered' });
    expect(receiver.requests.map(({ headers }) => headers['webhook-id'])).toEqual([...first, told, again]);
  });

  it('is canceled when the merchant uninstalls meanwhile', async () => {
    await rig.endpoint(appId, url);
    await rig.startWorker();
    const event = await order();
    await rowWith(event, { status: 'pending', reason: 'install_untold' });
    await rig.installation(installationId, InstallationStatus.REVOKED);
    await rowWith(event, { status: 'canceled', reason: 'installation_revoked' });
  });

  it('comes after it when the worker that told the app dies before it can record so', async () => {
    const { hostname, port } = new URL(database.url);
    const proxy = new TcpProxy({ host: hostname, port: Number(port) });
    const proxied = new URL(database.url);
    proxied.host = `127.0.0.1:${await proxy.listen()}`;
    await rig.endpoint(appId, url);
    const dying = await rig.startWorker({ DATABASE_URL: proxied.href }, 'dying');
    receiver.answer = (_request, response) => {
      proxy.cut();
      response.end();
    };
    const told = await created();
    await eventually(() => expect(receiver.requests).toHaveLength(1));
    const event = await order();
    receiver.answer = (_request, response) => response.end();
    await rig.startWorker({}, 'heir');
    await expectCreatedFirst([told, event]);
    expect(typesSeen().slice(0, 2)).toEqual([INSTALL_CREATED_TYPE, INSTALL_CREATED_TYPE]);
    proxy.mend();
    await dying.stop();
    await proxy.close();
  });
});
