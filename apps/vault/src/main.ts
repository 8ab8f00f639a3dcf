import { VaultService } from '@hookwright/contracts';
import { createLogger, readEnv, runService } from '@hookwright/runtime';
import { AppModule } from './app.module.ts';
import { readMasterKey } from './encryption/master-key-file.ts';
import { vaultEnv } from './env.ts';

const env = readEnv(vaultEnv);
const logger = createLogger('vault', env.LOG_LEVEL);
const mode = env.HOOKWRIGHT_PROFILE === 'production' ? 'private' : 'any';
const masterKey = readMasterKey({ path: env.MASTER_KEY_FILE, mode });
if (!masterKey.ok) {
  process.stderr.write(`The environment is not usable:\n  MASTER_KEY_FILE: ${masterKey.reason}\n`);
  process.exit(1);
}

await runService({
  name: 'vault',
  module: AppModule.with({ env, logger, masterKey: masterKey.key }),
  env,
  logger,
  grpc: { service: VaultService, port: env.GRPC_PORT },
});
