import { createLogger, readEnv, readGrpcCredentials, runService } from '@hookwright/runtime';
import { gatewayEnv } from './env.ts';
import { gatewayService } from './gateway.ts';

const env = readEnv(gatewayEnv);
const logger = createLogger('gateway', env.LOG_LEVEL);
const credentials = await readGrpcCredentials('gateway', env, logger);
await runService(gatewayService(env, logger, credentials.channel));
