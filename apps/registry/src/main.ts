import { RegistryService } from '@hookwright/contracts';
import { Readiness, createLogger, readEnv, readGrpcCredentials, runService } from '@hookwright/runtime';
import { AppModule } from './app.module.ts';
import { auditEntriesServer } from './audit/audit-entries.server.ts';
import { Outbox } from './database/outbox.ts';
import { endpointSignalsServer } from './endpoints/endpoint-signals.server.ts';
import { registryEnv } from './env.ts';

const env = readEnv(registryEnv);
const logger = createLogger('registry', env.LOG_LEVEL);
const credentials = await readGrpcCredentials('registry', env, logger);

await runService({
  name: 'registry',
  module: AppModule.with(env),
  env,
  logger,
  grpc: { service: RegistryService, port: env.GRPC_PORT, credentials, callers: { '*': ['gateway'] } },
  strategies: (app) => {
    const { kafka } = app.get(Outbox);
    const [signals, audit] = [endpointSignalsServer(kafka, logger), auditEntriesServer(kafka, logger)];
    // Its callers are served without what others have to say.
    app.get(Readiness).addHint('endpoint_signals', () => signals.consumer.check());
    app.get(Readiness).addHint('audit_entries', () => audit.consumer.check());
    return [signals, audit];
  },
});
