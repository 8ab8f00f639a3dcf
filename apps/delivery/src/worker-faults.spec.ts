import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { EndpointStatus, InstallationStatus, deadTopic, deliveryIdOf } from '@hookwright/contracts';
import { CompactedTable, createKafka } from '@hookwright/kafka';
import { createLogger } from '@hookwright/runtime';
import { type Stores, type TestDatabase, createDatabase, eventually, uniqueName, useStores } from '@hookwright/testkit';
import { eventsConsumed } from './metrics.ts';
import { attemptsOf } from './rig/log.ts';
import type { Receiver } from './rig/receiver.ts';
import type { Rig } from './rig/rig.ts';
import { startRig } from './spec/start-rig.ts';
import { TcpProxy } from './rig/tcp-proxy.ts';

interface Row {
  readonly status: string;
  readonly reason: string;
  readonly attempt_count: number;
}

const NO_BREAKER = { BREAKER_CALLS: '1000' };

let stores: Stores;
let database: TestDatabase;
let proxy: TcpProxy;
/** The database by way of the proxy. */
let proxiedUrl: string;
let rig: Rig;
let receiver: Receiver;
let url: string;
let appId: string;

beforeAll(async () => {
  [stores, database] = await Promise.all([useStores(), createDatabase('delivery')]);
  const { hostname, port } = new URL(database.url);
  proxy = new TcpProxy({ host: hostname, port: Number(port) });
  const direct = new URL(database.url);
  direct.host = `127.0.0.1:${await proxy.listen()}`;
  proxiedUrl = direct.href;
});

afterAll(async () => {
  await proxy.close();
  await database.drop();
});

beforeEach(async () => {
  ({ rig, receiver, url } = await startRig(stores, database.url, 'faults'));
  appId = uniqueName('app');
  rig.vault.add(appId, { id: 'sec_1' });
});

afterEach(async () => {
  proxy.mend();
  await rig.close();
  await receiver.close();
});

async function rowsOf(eventIds: readonly string[], app = appId): Promise<Row[]> {
  const ids = eventIds.map((eventId) => deliveryIdOf(eventId, app));
  const { rows } = await database.pool.query<Row>('SELECT * FROM delivery WHERE id = ANY($1) ORDER BY created_at', [ids]);
  return rows;
}

async function allWith(eventIds: readonly string[], expected: Partial<Row>, app = appId): Promise<void> {
  await eventually(async () => expect(await rowsOf(eventIds, app)).toEqual(eventIds.map(() => expect.objectContaining(expected))), {
    timeoutMs: 30_000,
  });
}

async function publish(count: number, apps = [{ appId }]): Promise<string[]> {
  return await Promise.all(Array.from({ length: count }, (_, n) => rig.publish({ merchantId: `mer_${n % 7}`, apps })));
}

function requestsOf(eventIds: readonly string[]): number[] {
  return eventIds.map((eventId) => receiver.of(eventId).length);
}

describe('a worker that dies between sending and recording', () => {
  it('repeats what it had in flight and nothing else', async () => {
    await rig.endpoint(appId, url);
    const dying = await rig.startWorker({ DATABASE_URL: proxiedUrl }, 'dying');
    const [recorded = ''] = await publish(1);
    await allWith([recorded], { status: 'delivered' });
    receiver.answer = (_request, response) => {
      proxy.cut();
      response.end();
    };
    const [sent = ''] = await publish(1);
    await eventually(() => expect(receiver.of(sent)).toHaveLength(1));
    receiver.answer = (_request, response) => response.end();

    // Another group reads from the beginning: all that the first had not committed, and more.
    await rig.startWorker({}, 'heir');
    await allWith([sent], { status: 'delivered', attempt_count: 1 });
    const [last = ''] = await publish(1);
    await allWith([last], { status: 'delivered' });
    expect(requestsOf([recorded, sent])).toEqual([1, 2]);

    // It was only stunned: what it did is recorded beside what the other did, and changes nothing.
    proxy.mend();
    await dying.stop();
    expect(await attemptsOf(database.pool, deliveryIdOf(sent, appId))).toHaveLength(2);
    await allWith([sent], { status: 'delivered' });
  });

  it('loses its leases, and another worker makes the waiting deliveries', async () => {
    await rig.endpoint(appId, url, { timeoutSeconds: 1 });
    const dying = await rig.startWorker({ DATABASE_URL: proxiedUrl, RETRY_SCHEDULE_SECONDS: '0.1,0.1', ...NO_BREAKER });
    receiver.answer = (_request, response, number) => {
      if (number === 2) proxy.cut();
      response.writeHead(500).end();
    };
    const [eventId = ''] = await publish(1);
    await eventually(() => expect(receiver.of(eventId)).toHaveLength(2));
    receiver.answer = (_request, response) => response.end();
    await rig.startWorker(NO_BREAKER, 'heir');
    await allWith([eventId], { status: 'delivered' });
    proxy.mend();
    await dying.stop();
    expect(receiver.of(eventId)).toHaveLength(3);
  });
});

describe('a worker that loses its membership', () => {
  it('makes what still waits in its lanes when it reads it again, and commits all of it', async () => {
    await rig.endpoint(appId, url, { maxConcurrency: 1, timeoutSeconds: 30 });
    const held: (() => void)[] = [];
    receiver.answer = (_request, response) => held.push(() => response.end());
    const running = await rig.startWorker();
    const eventIds = await publish(3);
    await eventually(() => expect(held).toHaveLength(1));
    const repeated = async (): Promise<number> => (await eventsConsumed.get()).values[0]!.value;
    const readBefore = await repeated();
    running.rejoin();
    await eventually(async () => expect(await repeated()).toBe(readBefore + 3), { timeoutMs: 30_000 });

    receiver.answer = (_request, response) => response.end();
    for (const end of held) end();
    await allWith(eventIds, { status: 'delivered' });
    const admin = createKafka({ clientId: 'spec', brokers: stores.kafkaBrokers, logger: createLogger('spec', 'fatal') }).admin();
    await admin.connect();
    await eventually(async () => {
      const [committed] = await admin.fetchOffsets({ groupId: running.groupId, topics: [rig.topics.deliveries] });
      const sum = committed!.partitions.reduce((all, { offset }) => all + Math.max(0, Number(offset)), 0);
      expect(sum).toBe(3);
    });
    await admin.disconnect();
  });
});

describe('a worker without PostgreSQL', () => {
  it('stops sending, says so, and goes on without loss or repetition when it is back', async () => {
    await rig.endpoint(appId, url, { maxConcurrency: 4 });
    const { worker } = await rig.startWorker({ DATABASE_URL: proxiedUrl, WORKER_DELIVERIES: '50' });
    receiver.answer = (_request, response, number) => {
      if (number === 40) proxy.cut();
      response.end();
    };
    const eventIds = await publish(300);
    const recording = worker.checks.find(([name]) => name === 'recording')?.[1];
    await eventually(() => expect(() => recording?.()).toThrow('cannot be recorded'));
    expect(receiver.requests.length).toBeLessThan(150);
    proxy.mend();
    await allWith(eventIds, { status: 'delivered', attempt_count: 1 });
    expect(requestsOf(eventIds)).toEqual(eventIds.map(() => 1));
  });
});

describe('a worker that is asked to end', () => {
  it('finishes what is in flight and leaves the rest to others, twice nothing', async () => {
    await rig.endpoint(appId, url, { maxConcurrency: 3, timeoutSeconds: 60 });
    const held: (() => void)[] = [];
    receiver.answer = (_request, response) => held.push(() => response.end());
    const first = await rig.startWorker();
    const eventIds = await publish(30);
    await eventually(() => expect(held).toHaveLength(3));
    const stopped = first.stop();
    receiver.answer = (_request, response) => response.end();
    for (const end of held) end();
    await stopped;
    expect(receiver.requests).toHaveLength(3);
    expect((await rowsOf(eventIds)).map(({ status }) => status)).toEqual(['delivered', 'delivered', 'delivered']);

    await rig.startWorker();
    await allWith(eventIds, { status: 'delivered' });
    expect(requestsOf(eventIds)).toEqual(eventIds.map(() => 1));
  });
});

describe('a failing endpoint', () => {
  const BREAKER = { BREAKER_CALLS: '5', BREAKER_PROBE_SECONDS: '8', RETRY_SCHEDULE_SECONDS: '0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1' };

  it('is spared by its breaker, burns no attempt meanwhile, and gets everything when it is well', async () => {
    await rig.endpoint(appId, url, { maxConcurrency: 2 });
    const first = await rig.startWorker(BREAKER);
    receiver.answer = (_request, response) => response.writeHead(500).end();
    const eventIds = await publish(20);
    await eventually(async () => {
      const reasons = (await rowsOf(eventIds)).filter(({ reason }) => reason === 'breaker_open');
      expect(reasons.length).toBeGreaterThan(10);
    });
    const burnt = receiver.requests.length;
    expect(burnt).toBeLessThanOrEqual(8);
    const later = await publish(5);
    await allWith(later, { status: 'pending', reason: 'breaker_open', attempt_count: 0 });
    expect(receiver.requests).toHaveLength(burnt);

    // The state outlives the worker: the next one does not have to find out again.
    await first.stop();
    await rig.startWorker(BREAKER);
    const [latest = ''] = await publish(1);
    await allWith([latest], { reason: 'breaker_open' });
    expect(receiver.requests.length - burnt).toBeLessThanOrEqual(1);
    receiver.answer = (_request, response) => response.end();
    await allWith([...eventIds, ...later, latest], { status: 'delivered' });
  });

  it('does not keep others waiting: what its lane cannot hold is parked', async () => {
    const other = uniqueName('app');
    rig.vault.add(other, { id: 'sec_2' });
    await rig.endpoint(appId, `${url}/slow`, { maxConcurrency: 1, timeoutSeconds: 60 });
    await rig.endpoint(other, `${url}/quick`);
    const held: (() => void)[] = [];
    receiver.answer = ({ path }, response) => {
      if (path === '/slow') held.push(() => response.end());
      else response.end();
    };
    await rig.startWorker({ WORKER_DELIVERIES: '100' });
    const [first = ''] = await publish(1, [{ appId }]);
    await eventually(() => expect(held).toHaveLength(1));
    const eventIds = await publish(200, [{ appId }, { appId: other }]);
    await allWith(eventIds, { status: 'delivered' }, other);
    const waiting = await rowsOf(eventIds);
    expect(waiting.every(({ status, attempt_count: attempts }) => status === 'pending' && attempts === 0)).toBe(true);
    // But for what a lane may always have; and for what came in its first moments and leaves others room.
    expect(waiting.length).toBeLessThanOrEqual(200 - 20);
    expect(waiting.length).toBeGreaterThanOrEqual(200 - 100);

    receiver.answer = (_request, response) => response.end();
    for (const end of held) end();
    await allWith([first, ...eventIds], { status: 'delivered', attempt_count: 1 });
  });
});

describe('state that changes while deliveries are queued', () => {
  it('is looked at again right before each request', async () => {
    const installationId = uniqueName('ins');
    await rig.endpoint(appId, url, { maxConcurrency: 1, timeoutSeconds: 60 });
    const held: (() => void)[] = [];
    receiver.answer = (_request, response) => held.push(() => response.end());
    await rig.startWorker();
    const eventIds = await publish(5, [{ appId, installationId } as { appId: string }]);
    await eventually(() => expect(held).toHaveLength(1));
    await rig.installation(installationId, InstallationStatus.REVOKED);
    const [other = ''] = await publish(1);
    // The worker has heard of the uninstall when it knows of an endpoint's change that was announced after it.
    await rig.endpoint(appId, url, { status: EndpointStatus.PAUSED });
    const [proof = ''] = await publish(1);
    await allWith([proof], { status: 'pending' });
    for (const end of held) end();
    await eventually(async () => {
      const rows = await rowsOf(eventIds);
      expect(rows.map(({ reason }) => reason).sort()).toEqual(['', ...Array.from({ length: 4 }, () => 'installation_revoked')]);
    });
    await allWith([other], { status: 'pending', reason: 'endpoint_paused' });
    expect(receiver.requests).toHaveLength(1);
  });
});

describe('a message that cannot be read', () => {
  it('goes to the dead letters, and the partition moves on', async () => {
    await rig.endpoint(appId, url);
    await rig.startWorker();
    await rig.publishRaw({ 'hw-event': Buffer.from([0xff]), 'hw-apps': Buffer.alloc(0) });
    const [eventId = ''] = await publish(1);
    await allWith([eventId], { status: 'delivered' });
    const logger = createLogger('spec', 'fatal');
    const dead: (Buffer | null)[] = [];
    const table = new CompactedTable({
      kafka: createKafka({ clientId: 'spec', brokers: stores.kafkaBrokers, logger }),
      topic: deadTopic(rig.topics.deliveries),
      logger,
      apply: (_key, value) => dead.push(value),
    });
    await table.start();
    await eventually(() => expect(dead).toEqual([Buffer.from('{}')]));
    await table.stop();
  });
});
