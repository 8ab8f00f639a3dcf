import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestDatabase, createDatabase, createTopics, eventually, freePort, uniqueName, useStores } from '@hookwright/testkit';
import { Receiver } from './rig/receiver.ts';
import { Rig, type RunningWorker, rigTopicSettings, rigTopics } from './rig/rig.ts';

// A request waits 4.5 s for the proxy, and comes again 5 s after it was parked.
const SLOW = { timeoutMs: 40_000 };
const EVENTS = 12;

let database: TestDatabase;
let rig: Rig;
let receiver: Receiver;
let url: string;
let proxyPort: number;
let running: RunningWorker;
let proxy: net.Server | undefined;

beforeAll(async () => {
  const [stores, created] = await Promise.all([useStores(), createDatabase('delivery')]);
  database = created;
  const topics = rigTopics(uniqueName('proxied'));
  await createTopics(rigTopicSettings(topics));
  rig = new Rig({ ...stores, databaseUrl: database.url }, topics);
  await rig.start();
  receiver = new Receiver();
  url = await receiver.listen();
  proxyPort = await freePort();
  // A breaker that opens at the first chance, and an attempt that counts is the last: neither may be used up.
  running = await rig.startWorker({
    EGRESS_PROXY: `http://hook:s3cret@127.0.0.1:${proxyPort}`,
    RETRY_SCHEDULE_SECONDS: '600',
    BREAKER_CALLS: '2',
  });
});

afterAll(async () => {
  await rig.close();
  proxy?.close();
  await receiver.close();
  await database.drop();
});

/** A forward proxy that opens every tunnel it is asked for. */
async function startProxy(): Promise<void> {
  proxy = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      const onward = net.connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
  });
  await new Promise<void>((resolve) => proxy?.listen(proxyPort, '127.0.0.1', resolve));
}

async function egressCheck(): Promise<void> {
  await running.worker.checks.find(([name]) => name === 'egress')?.[1]();
}

async function rowsWith(expected: object): Promise<void> {
  await eventually(async () => {
    const { rows } = await database.pool.query('SELECT status, reason, attempt_count FROM delivery');
    expect(rows).toEqual(Array.from({ length: EVENTS }, () => expect.objectContaining(expected)));
  }, SLOW);
}

describe('a worker behind a forward proxy', () => {
  it('parks while the proxy is away, burns no attempt and opens no breaker, and goes on when it is back', async () => {
    const appId = uniqueName('app');
    rig.vault.add(appId, { id: 'sec_1' });
    await rig.endpoint(appId, `${url}/${appId}`);
    for (let n = 0; n < EVENTS; n++) await rig.publish({ apps: [{ appId }] });
    await rowsWith({ status: 'pending', reason: 'egress_away', attempt_count: 0 });
    await expect(egressCheck()).rejects.toThrow('the egress proxy cannot be reached (ECONNREFUSED)');
    expect([receiver.requests.length, running.worker.holdings.openBreakers]).toEqual([0, 0]);

    await startProxy();
    await rowsWith({ status: 'delivered', attempt_count: 1 });
    await expect(egressCheck()).resolves.toBeUndefined();
    expect(receiver.requests).toHaveLength(EVENTS);
  });
});
