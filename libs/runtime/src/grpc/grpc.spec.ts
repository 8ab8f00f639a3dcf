import { createServer, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { Metadata, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Scheme, VaultService } from '@hookwright/contracts';
import { eventually, freePort } from '@hookwright/testkit';
import { Problem } from '../problem/problem.ts';
import { PROBLEMS, type ProblemCode } from '../problem/problems.ts';
import { buildLibrary, type ServiceProcess, startService } from '../spec/service-process.ts';
import { type Actor, withActor } from './actor.ts';
import { grpcClient, type PromiseClient } from './grpc-client.ts';
import { problemOfStatus, statusOfProblem } from './problem-status.ts';

async function problemOf(call: Promise<unknown>): Promise<Problem> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Problem) return error;
  throw new Error('no problem', { cause: error });
}

describe('a gRPC service and its client', () => {
  let ports: { http: number; grpc: number };
  let service: ServiceProcess;
  let client: PromiseClient<typeof VaultService>;

  async function start(): Promise<void> {
    service = startService(ports);
    await eventually(() => {
      if (!service.output().includes('vault.started')) throw new Error(service.output());
    });
  }

  beforeAll(async () => {
    buildLibrary();
    ports = { http: await freePort(), grpc: await freePort() };
    client = grpcClient(VaultService, `127.0.0.1:${ports.grpc}`, { timeoutMs: 1000 });
    await start();
  }, 120_000);
  afterAll(async () => {
    client.close();
    service.child.kill('SIGKILL');
    await service.ended;
  });

  it('pass messages with 64-bit numbers, bytes and absent fields as they are', async () => {
    const { info, secret } = await client.createSecret({ appId: 'app_1', scheme: Scheme.V1 });
    expect(secret).toBe('whsec_é');
    expect(info).toMatchObject({ appId: 'app_1', createdAtMs: 9007199254740993n, scheme: Scheme.V1 });
    expect(info?.expiresAtMs).toBeUndefined();
    const { apps } = await client.getSigningSecrets({ appIds: ['app_1'] });
    expect([...(apps[0]?.secrets[0]?.key ?? [])]).toEqual([0, 255, 10]);
  });

  it('tell who calls, when the client was given a name', async () => {
    const callerAt = async (caller?: string): Promise<string | undefined> => {
      const named = grpcClient(VaultService, `127.0.0.1:${ports.grpc}`, caller === undefined ? {} : { caller });
      const { apps } = await named.getSigningSecrets({ appIds: ['app_1'] });
      named.close();
      return apps[0]?.fault;
    };
    expect(await callerAt('delivery')).toBe(`delivery@${hostname()}/${process.pid}`);
    expect(await callerAt()).toBe('unnamed');
    expect(await callerAt('a name with spaces')).toBe('unnamed');
  });

  it('pass a problem as it was thrown', async () => {
    const problem = await problemOf(client.createSecret({ appId: 'wrong' }));
    expect(problem).toMatchObject({ code: 'invalid_field', status: 422, message: '/app_id: é is "wrong"', retryAfterSeconds: undefined });
    expect(problem.errors).toEqual([{ pointer: '/app_id', code: 'invalid_field', message: 'é is "wrong"' }]);
    expect(await problemOf(client.createSecret({ appId: 'limited' }))).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 7 });
  });

  it('pass the first of very many errors', async () => {
    const problem = await problemOf(client.createSecret({ appId: 'very wrong' }));
    expect(problem.code).toBe('unknown_field');
    expect(problem.errors[0]?.pointer).toBe('/0');
  });

  it('pass on whose behalf a call is made, each its own', async () => {
    const asked = async (actor?: Actor): Promise<unknown> => {
      const { secrets } = await (actor === undefined ? client.listSecrets({}) : withActor(actor, () => client.listSecrets({})));
      return [secrets[0]?.prefix, secrets[0]?.id, secrets[0]?.appId];
    };
    const actors = Array.from({ length: 20 }, (_, at): Actor => ({ kind: 'merchant', id: `mer:${at}`, requestId: `req_${at}` }));
    const answers = await Promise.all([...actors.map(asked), asked()]);
    expect(answers).toEqual([...actors.map(({ kind, id, requestId }) => [kind, id, requestId]), ['system', 'hookwright', '']]);
  });

  it('tell a bug as internal_error, log it there and say nothing of it', async () => {
    const problem = await problemOf(client.createSecret({ appId: 'bug' }));
    expect(problem).toMatchObject({ code: 'internal_error', status: 500 });
    expect(problem.message).not.toContain('topsecret');
    await eventually(() => expect(service.output()).toContain('grpc.call_failed'));
  });

  it('tell a store that is away as service_unavailable', async () => {
    expect(await problemOf(client.createSecret({ appId: 'store' }))).toMatchObject({ code: 'service_unavailable', retryAfterSeconds: 2 });
  });

  it('tell a method that nobody serves as internal_error', async () => {
    expect(await problemOf(client.eraseSecrets({ appId: 'app_1' }))).toMatchObject({ code: 'internal_error' });
  });

  it('give up on a call that takes too long', async () => {
    const sinceMs = Date.now();
    expect(await problemOf(client.createSecret({ appId: 'slow30000' }))).toMatchObject({ code: 'service_unavailable' });
    expect(Date.now() - sinceMs).toBeLessThan(1500);
  });

  it('fail within the timeout while the service is away, and work again soon after it is back', async () => {
    service.child.kill('SIGKILL');
    await service.ended;
    for (let call = 0; call < 5; call++) {
      const sinceMs = Date.now();
      expect(await problemOf(client.createSecret({ appId: 'app_1' }))).toMatchObject({ code: 'service_unavailable', retryAfterSeconds: 2 });
      expect(Date.now() - sinceMs).toBeLessThan(1500);
    }
    await start();
    await eventually(() => client.createSecret({ appId: 'app_1' }), { timeoutMs: 2500 });
  });

  it('fail within the timeout when something else listens there and never answers', async () => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => void sockets.push(socket));
    const port = await freePort();
    await new Promise<void>((resolve) => mute.listen(port, '127.0.0.1', resolve));
    const other = grpcClient(VaultService, `127.0.0.1:${port}`, { timeoutMs: 500 });
    expect(await problemOf(other.createSecret({ appId: 'app_1' }))).toMatchObject({ code: 'service_unavailable' });
    other.close();
    for (const socket of sockets) socket.destroy();
    mute.close();
  });
});

describe('a problem as a status', () => {
  it.each(Object.keys(PROBLEMS) as ProblemCode[])('keeps the code %s', (code) => {
    const sent = new Problem(code, 'Détail.', { errors: [{ pointer: '/a', code: 'missing_field', message: 'm' }], retryAfterSeconds: 3 });
    const got = problemOfStatus(statusOfProblem(sent), 'Registry service');
    expect([got.code, got.message, got.errors, got.retryAfterSeconds]).toEqual([code, sent.message, sent.errors, 3]);
  });

  it('is none when the metadata is not ours', () => {
    const metadata = new Metadata();
    metadata.set('problem-bin', Buffer.from('{'));
    expect(problemOfStatus({ code: status.INTERNAL, metadata }, 'Registry service').code).toBe('internal_error');
  });

  it('of a newer version is internal_error', () => {
    const metadata = new Metadata();
    metadata.set('problem-bin', Buffer.from(JSON.stringify({ code: 'brand_new', detail: 'x', errors: [] })));
    expect(problemOfStatus({ code: status.NOT_FOUND, metadata }, 'Registry service').code).toBe('internal_error');
  });
});
