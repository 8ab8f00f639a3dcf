import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type TestDatabase, createDatabase, eventually, freePort, uniqueName, useStores } from '@hookwright/testkit';
import { Receiver } from './rig/receiver.ts';
import type { Rig, RunningWorker } from './rig/rig.ts';
import { startRig } from './spec/start-rig.ts';

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
/** Ports to which tunnels are opened when the promise says so. */
const held = new Map<number, Promise<void>>();
const asked: number[] = [];

beforeAll(async () => {
  const [stores, created] = await Promise.all([useStores(), createDatabase('delivery')]);
  database = created;
  ({ rig, receiver, url } = await startRig(stores, database.url, 'proxied'));
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

async function tunnel(socket: net.Socket, port: number): Promise<void> {
  asked.push(port);
  await held.get(port);
  const onward = net.connect(port, '127.0.0.1').on('error', () => undefined);
  socket.write('HTTP/1.1 200 OK\r\n\r\n');
  socket.pipe(onward).pipe(socket);
}

/** A forward proxy that opens every tunnel it is asked for. */
async function startProxy(): Promise<void> {
  proxy = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (connect) => void tunnel(socket, Number(/^CONNECT [^ ]+:(\d+) /.exec(connect.toString())?.[1])));
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

  it('sends nothing to an address that was changed while its connection was being opened', async () => {
    const appId = uniqueName('app');
    rig.vault.add(appId, { id: 'sec_1' });
    const former = new Receiver();
    const formerUrl = await former.listen();
    const formerPort = Number(new URL(formerUrl).port);
    const { promise, resolve: open } = Promise.withResolvers<undefined>();
    held.set(formerPort, promise);
    await rig.endpoint(appId, formerUrl);
    const first = await rig.publish({ apps: [{ appId }] });
    await eventually(() => expect(asked).toContain(formerPort), SLOW);

    await rig.endpoint(appId, url);
    const second = await rig.publish({ apps: [{ appId }] });
    await eventually(() => expect(receiver.of(second)).toHaveLength(1), SLOW);
    open(undefined);
    await eventually(() => expect(receiver.of(first)).toHaveLength(1), SLOW);
    expect(former.requests).toHaveLength(0);
    await eventually(async () => {
      const { rows } = await database.pool.query('SELECT status, attempt_count FROM delivery WHERE app_id = $1', [appId]);
      expect(rows).toEqual(Array.from({ length: 2 }, () => ({ status: 'delivered', attempt_count: 1 })));
    });
    await former.close();
  });
});
