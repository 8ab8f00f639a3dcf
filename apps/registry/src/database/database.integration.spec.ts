import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { create } from '@bufbuild/protobuf';
import { CreateAppRequestSchema, GetAppRequestSchema, Mode, newId } from '@hookwright/contracts';
import { asProblem } from '@hookwright/runtime';
import { createDatabase, eventually, type TestDatabase, useStores } from '@hookwright/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Registry, startRegistry } from '../registry.fixture.ts';

const tenant = { partnerId: newId('par'), mode: Mode.LIVE };
const brokers = ['127.0.0.1:1'];
const ANSWER_WITHIN_MS = 2000;
const away = expect.objectContaining({ code: 'service_unavailable', retryAfterSeconds: 2 });

const read = (registry: Registry) => registry.apps.get(create(GetAppRequestSchema, { tenant, appId: 'app_1' }));
const write = (registry: Registry) =>
  registry.apps.create(create(CreateAppRequestSchema, { tenant, appId: newId('app'), app: { name: 'Ship It' } }));

async function expectAway(registry: Registry): Promise<void> {
  for (const ask of [read, write]) {
    const startedMs = Date.now();
    await expect(problemOf(ask(registry))).resolves.toEqual(away);
    expect(Date.now() - startedMs).toBeLessThan(ANSWER_WITHIN_MS);
  }
}

/** What a caller gets told: over the wire every error becomes a problem. */
function problemOf(answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    () => 'an answer',
    (error: unknown) => asProblem(error),
  );
}

describe('a registry', () => {
  it('says that it is not available when nothing listens where its database should be', async () => {
    const registry = await startRegistry({ databaseUrl: 'postgresql://nobody@127.0.0.1:1/none', brokers });
    await expectAway(registry);
    await registry.stop();
  });

  it('says so, in time, when its database accepts connections and answers nothing', async () => {
    const sockets: Socket[] = [];
    const hanging: Server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await new Promise((resolve) => hanging.once('listening', resolve));
    const { port } = hanging.address() as AddressInfo;
    const registry = await startRegistry({ databaseUrl: `postgresql://nobody@127.0.0.1:${port}/none`, brokers });
    await expectAway(registry);
    await registry.stop();
    for (const socket of sockets) socket.destroy();
    hanging.close();
  });
});

describe('a registry whose database', () => {
  let database: TestDatabase;
  let registry: Registry;

  beforeAll(async () => {
    await useStores(['postgres']);
    database = await createDatabase('registry');
    registry = await startRegistry({ databaseUrl: database.url, brokers });
    await database.pool.query('INSERT INTO partner (id, name, created_at) VALUES ($1, $1, now())', [tenant.partnerId]);
  });

  afterAll(async () => {
    await registry.stop();
    await database.drop();
  });

  it('is locked says so in time, and goes on afterwards', async () => {
    const blocker = await database.pool.connect();
    await blocker.query('BEGIN; LOCK TABLE app, endpoint IN ACCESS EXCLUSIVE MODE');
    await expectAway(registry);
    await blocker.query('ROLLBACK');
    blocker.release();
    expect((await write(registry)).app).toMatchObject({ name: 'Ship It' });
  });

  it('drops every connection goes on with new ones', async () => {
    await write(registry);
    await database.pool.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    await eventually(async () => expect((await write(registry)).app).toMatchObject({ name: 'Ship It' }));
  });
});
