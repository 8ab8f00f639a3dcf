import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { VaultService } from '@hookwright/contracts';
import { eventually, freePort } from '@hookwright/testkit';
import { grpcClient } from './grpc/grpc-client.ts';
import { buildLibrary, type ServiceProcess, startService } from './spec/service-process.ts';

const started: ServiceProcess[] = [];

async function ready(variables: Record<string, string> = {}): Promise<ServiceProcess & { grpcPort: number }> {
  const ports = { http: await freePort(), grpc: await freePort() };
  const service = startService(ports, variables);
  started.push(service);
  await eventually(() => {
    if (!service.output().includes('vault.started')) throw new Error(`not started:\n${service.output()}`);
  });
  return { ...service, grpcPort: ports.grpc };
}

const get = async (url: string): Promise<{ status: number; body: unknown; type: string | null }> => {
  const response = await fetch(url);
  const text = await response.text();
  const type = response.headers.get('content-type');
  return { status: response.status, type, body: type?.includes('json') === true ? JSON.parse(text) : text };
};

beforeAll(buildLibrary, 120_000);
afterEach(async () => {
  for (const { child } of started) child.kill('SIGKILL');
  await Promise.all(started.splice(0).map(({ ended }) => ended));
});

describe('a service that runs', () => {
  let service: ServiceProcess;
  beforeAll(async () => {
    service = await ready();
    started.splice(0);
  });
  afterAll(async () => {
    service.child.kill('SIGKILL');
    await service.ended;
  });

  it('is live whatever it lacks', async () => {
    await get(`${service.url}/become/bad`);
    expect(await get(`${service.url}/health/live`)).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  it('is ready when all its checks are', async () => {
    await get(`${service.url}/become/good`);
    expect(await get(`${service.url}/health/ready`)).toMatchObject({
      status: 200,
      body: { status: 'ok', details: { mood: { status: 'up' }, other: { status: 'up' } } },
    });
  });

  it('is not ready while a check fails, and names it with its reason', async () => {
    await get(`${service.url}/become/bad`);
    expect(await get(`${service.url}/health/ready`)).toMatchObject({
      status: 503,
      body: { status: 'error', details: { mood: { status: 'down', message: 'the table is loading' }, other: { status: 'up' } } },
    });
  });

  it('answers within about a second although a check hangs', async () => {
    await get(`${service.url}/become/hanging`);
    const sinceMs = Date.now();
    expect(await get(`${service.url}/health/ready`)).toMatchObject({
      status: 503,
      body: { details: { mood: { status: 'down', message: 'no answer within 1000 ms' } } },
    });
    expect(Date.now() - sinceMs).toBeLessThan(2000);
  });

  it('tells Prometheus what it can use and what it cannot, a hint too, without which it is ready all the same', async () => {
    await get(`${service.url}/become/bad`);
    const { body } = await get(`${service.url}/metrics`);
    expect(body).toMatch(/^hookwright_dependency_up{name="mood"} 0$/m);
    expect(body).toMatch(/^hookwright_dependency_up{name="other"} 1$/m);
    expect(body).toMatch(/^hookwright_dependency_up{name="luck"} 0$/m);
    await get(`${service.url}/become/good`);
    expect((await get(`${service.url}/metrics`)).body).toMatch(/^hookwright_dependency_up{name="mood"} 1$/m);
    expect((await get(`${service.url}/health/ready`)).status).toBe(200);
  });

  it('tells Prometheus its default metrics', async () => {
    const { status, type, body } = await get(`${service.url}/metrics`);
    expect([status, type]).toEqual([200, expect.stringContaining('text/plain')]);
    expect(body).toMatch(/^process_cpu_seconds_total \d/m);
    expect(body).toMatch(/^nodejs_eventloop_lag_p99_seconds \d/m);
  });

  it('answers a bug with 500 and tells nothing of it', async () => {
    const { status, body } = await get(`${service.url}/bug`);
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('whsec_topsecret');
  });

  it('gives its strategy what a handler threw, as it was thrown', async () => {
    expect((await get(`${service.url}/event`)).body).toEqual({ name: 'RangeError', message: 'the batch is refused', code: 'E_BATCH' });
  });

  it('goes on when kafkajs forgets a promise', async () => {
    await get(`${service.url}/float/KafkaJSConnectionError`);
    await eventually(() => expect(service.output()).toContain('kafka.unhandled_rejection'));
    expect((await get(`${service.url}/health/live`)).status).toBe(200);
  });
});

describe('a service that ends', () => {
  it('finishes what it was asked, over HTTP and gRPC, and closes in order', async () => {
    const service = await ready();
    const client = grpcClient(VaultService, `127.0.0.1:${service.grpcPort}`);
    const asked = [get(`${service.url}/slow/700`), client.createSecret({ appId: 'slow700' }), client.createSecret({ appId: 'slow300' })];
    // Both are in work when a later call has been answered.
    await client.createSecret({ appId: 'app_1' });
    await get(`${service.url}/health/live`);
    service.child.kill('SIGTERM');
    expect(await Promise.all(asked)).toMatchObject([{ status: 200, body: { done: true } }, { secret: 'whsec_é' }, { secret: 'whsec_é' }]);
    expect((await service.ended).code).toBe(0);
    await eventually(() => expect(service.output()).toContain('{"steps":["init","destroy","strategy closed","shutdown"]}'));
    client.close();
  });

  it('ends when its parent is gone', async () => {
    const service = await ready();
    service.child.disconnect();
    expect((await service.ended).code).toBe(0);
    await eventually(() => expect(service.output()).toContain('parent gone'));
  });

  it('is cut off when it takes longer than its grace period', async () => {
    const service = await ready({ SHUTDOWN_GRACE_SECONDS: '1', CLOSE_MS: '60000' });
    const sinceMs = Date.now();
    service.child.kill('SIGINT');
    expect((await service.ended).code).toBe(1);
    expect(Date.now() - sinceMs).toBeLessThan(3000);
    await eventually(() => expect(service.output()).toContain('vault.stop_cut_off'));
  });

  it('ends with 70 after a bug that nobody caught', async () => {
    const service = await ready();
    await get(`${service.url}/float/TypeError`).catch(() => undefined);
    expect((await service.ended).code).toBe(70);
    await eventually(() => expect(service.output()).toContain('process.bug'));
  });

  it('does not start with a bad environment', async () => {
    const service = startService({ http: 70_000, grpc: 1 }, { LOG_LEVEL: 'whsec_topsecret' });
    expect((await service.ended).code).toBe(1);
    await eventually(() => expect(service.output()).toMatch(/HTTP_PORT: .*\n.*LOG_LEVEL: /));
    expect(service.output()).not.toContain('whsec_topsecret');
  });
});
