import { DeliveryService } from '@hookwright/contracts';
import { KafkaBatchServer } from '@hookwright/kafka';
import { createLogger, readEnv, runService } from '@hookwright/runtime';
import { AppModule } from './app.module.ts';
import { deliveryEnv } from './env.ts';

const env = readEnv(deliveryEnv);
const logger = createLogger('delivery', env.LOG_LEVEL);
await runService({
  name: 'delivery',
  module: AppModule.with(env, logger),
  env,
  logger,
  grpc: { service: DeliveryService, port: env.GRPC_PORT },
  strategies: (app) => [app.get(KafkaBatchServer)],
});
