import { createLogger, readEnv, runService } from '@hookwright/runtime';
import { gatewayEnv } from './env.ts';
import { gatewayService } from './gateway.ts';

const env = readEnv(gatewayEnv);
await runService(gatewayService(env, createLogger('gateway', env.LOG_LEVEL)));
