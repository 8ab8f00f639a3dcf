import { KafkaBatchServer } from '@hookwright/kafka';
import { createLogger, readEnv, runService } from '@hookwright/runtime';
import { AppModule } from './app.module.ts';
import { ingestEnv } from './env.ts';

const env = readEnv(ingestEnv);
const logger = createLogger('ingest', env.LOG_LEVEL);
await runService({ name: 'ingest', module: AppModule.with(env), env, logger, strategies: (app) => [app.get(KafkaBatchServer)] });
