import { DeliveryService } from '@hookwright/contracts';
import { KafkaBatchServer } from '@hookwright/kafka';
import { createLogger, readEnv, readGrpcCredentials, runService } from '@hookwright/runtime';
import { AppModule } from './app.module.ts';
import { deliveryEnv } from './env.ts';

const env = readEnv(deliveryEnv);
const logger = createLogger('delivery', env.LOG_LEVEL);
const credentials = await readGrpcCredentials('delivery', env, logger);
await runService({
  name: 'delivery',
  module: AppModule.with(env, logger, credentials),
  env,
  logger,
  grpc: { service: DeliveryService, port: env.GRPC_PORT, credentials, callers: { '*': ['gateway'] } },
  strategies: (app) => [app.get(KafkaBatchServer)],
});
