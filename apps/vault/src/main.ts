import { VaultService } from '@hookwright/contracts';
import { type Callers, createLogger, readEnv, readGrpcCredentials, refuseStart, runService } from '@hookwright/runtime';
import { AppModule } from './app.module.ts';
import { openKeyring } from './encryption/open-keyring.ts';
import { vaultEnv } from './env.ts';

const env = readEnv(vaultEnv);
const logger = createLogger('vault', env.LOG_LEVEL);
const opened = await openKeyring(env);
if (!opened.ok) refuseStart(opened.faults);
const credentials = await readGrpcCredentials('vault', env, logger);

// Whoever signs reads the keys, and whoever manages secrets never does.
const callers: Callers<typeof VaultService> = { getSigningSecrets: ['delivery'], '*': ['gateway'] };
await runService({
  name: 'vault',
  module: AppModule.with({ env, logger, keyring: opened.keyring }),
  env,
  logger,
  grpc: { service: VaultService, port: env.GRPC_PORT, credentials, callers },
});
