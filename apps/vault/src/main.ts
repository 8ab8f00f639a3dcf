import { VaultService } from '@hookwright/contracts';
import { createLogger, readEnv, runService } from '@hookwright/runtime';
import { AppModule } from './app.module.ts';
import { openKeyring } from './encryption/open-keyring.ts';
import { vaultEnv } from './env.ts';

const env = readEnv(vaultEnv);
const logger = createLogger('vault', env.LOG_LEVEL);
const opened = await openKeyring(env);
if (!opened.ok) {
  process.stderr.write(`The environment is not usable:\n${opened.faults.map((fault) => `  ${fault}\n`).join('')}`);
  process.exit(1);
}

await runService({
  name: 'vault',
  module: AppModule.with({ env, logger, keyring: opened.keyring }),
  env,
  logger,
  grpc: { service: VaultService, port: env.GRPC_PORT },
});
