/**
 * A service for the specs, in a process of its own as services are: runService with HTTP, gRPC and a strategy.
 * Plain JavaScript over the built library, because Node does not read decorators.
 */
import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Get, Module, Param } from '@nestjs/common';
import { EventPattern, GrpcMethod, Server } from '@nestjs/microservices';
import { VaultService } from '@hookwright/contracts';
import {
  callerOf,
  createLogger,
  currentActor,
  grpcTlsEnv,
  Problem,
  Readiness,
  readEnv,
  readGrpcCredentials,
  runService,
  serviceEnv,
  validationFailed,
} from '@hookwright/runtime';
import { lastValueFrom } from 'rxjs';

let mood = 'good';
const steps = [];
const checks = {
  bad: () => {
    throw new Error('the table is loading');
  },
  hanging: () => new Promise(() => undefined),
};

class Strategy extends Server {
  listen(callback) {
    callback();
  }
  async event() {
    return lastValueFrom(this.transformToObservable(await this.getHandlerByPattern('facts')('fact')));
  }
  async close() {
    steps.push('strategy closed');
    await delay(Number(process.env.CLOSE_MS ?? 0));
  }
}
const strategy = new Strategy();

class VaultController {
  onModuleInit() {
    steps.push('init');
  }
  onModuleDestroy() {
    steps.push('destroy');
  }
  onApplicationShutdown() {
    steps.push('shutdown');
    process.stdout.write(`${JSON.stringify({ steps })}\n`);
  }
  async createSecret({ appId }) {
    if (appId === 'wrong') throw validationFailed([{ pointer: '/app_id', code: 'invalid_field', message: 'é is "wrong"' }]);
    if (appId === 'very wrong')
      throw validationFailed(
        Array.from({ length: 5000 }, (_, at) => ({ pointer: `/${at}`, code: 'unknown_field', message: 'x'.repeat(1000) })),
      );
    if (appId === 'limited') throw new Problem('rate_limited', 'Too many.', { retryAfterSeconds: 7 });
    if (appId === 'bug') throw new TypeError('whsec_topsecret is not a function');
    if (appId === 'store') throw Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
    if (appId.startsWith('slow')) await delay(Number(appId.slice(4)));
    return { info: { id: 'sec_1', appId, scheme: 1, createdAtMs: 9007199254740993n }, secret: 'whsec_é' };
  }
  async listSecrets() {
    await delay(5);
    const { kind, id, requestId } = currentActor();
    return { secrets: [{ id, appId: requestId, prefix: kind }] };
  }
  async getSigningSecrets(_request, metadata) {
    return {
      apps: [{ appId: 'app_1', fault: callerOf(metadata), secrets: [{ id: 'sec_1', scheme: 2, key: new Uint8Array([0, 255, 10]) }] }],
    };
  }
  async slow(ms) {
    await delay(Number(ms));
    return { done: true };
  }
  bug() {
    throw new TypeError('whsec_topsecret is not a function');
  }
  become(next) {
    mood = next;
    return { mood };
  }
  float(name) {
    void Promise.reject(Object.assign(new Error('nobody awaits this'), { name }));
    return {};
  }
  async event() {
    return strategy.event().then(
      () => ({}),
      (error) => ({ name: error.name, message: error.message, code: error.code }),
    );
  }
  take() {
    throw Object.assign(new RangeError('the batch is refused'), { code: 'E_BATCH' });
  }
}

function decorate(method, ...decorators) {
  for (const decorator of decorators)
    decorator(VaultController.prototype, method, Object.getOwnPropertyDescriptor(VaultController.prototype, method));
}
decorate('createSecret', GrpcMethod('VaultService', 'CreateSecret'));
decorate('listSecrets', GrpcMethod('VaultService', 'ListSecrets'));
decorate('getSigningSecrets', GrpcMethod('VaultService', 'GetSigningSecrets'));
decorate('take', EventPattern('facts'));
decorate('slow', Get('slow/:ms'));
decorate('bug', Get('bug'));
decorate('become', Get('become/:mood'));
decorate('float', Get('float/:name'));
decorate('event', Get('event'));
Param('ms')(VaultController.prototype, 'slow', 0);
Param('mood')(VaultController.prototype, 'become', 0);
Param('name')(VaultController.prototype, 'float', 0);
Controller()(VaultController);

class VaultModule {
  constructor(readiness) {
    readiness.add('mood', () => checks[mood]?.());
    readiness.add('other', () => undefined);
    readiness.addHint('luck', () => checks.bad());
  }
}
Reflect.defineMetadata('design:paramtypes', [Readiness], VaultModule);
Module({ controllers: [VaultController] })(VaultModule);

const env = readEnv(serviceEnv.extend(grpcTlsEnv));
const logger = createLogger('vault', env.LOG_LEVEL);
const credentials = await readGrpcCredentials('vault', env, logger);
const callers = { getSigningSecrets: ['delivery'], '*': ['gateway'] };
const grpc = { service: VaultService, port: Number(process.env.GRPC_PORT), credentials, callers };
await runService({ name: 'vault', module: VaultModule, env, logger, grpc, strategies: () => [strategy] });
