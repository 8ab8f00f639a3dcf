export { runBuild, TOOL_ENVIRONMENT } from './build.ts';
export { freePort, isFree } from './free-port.ts';
export { dockerAnswers } from './infrastructure/docker.ts';
export { ensureBrowser, ensurePrograms } from './infrastructure/system-packages.ts';
export { applyMigrations, DATABASE_OWNERS, type DatabaseOwner, ensureDatabase, schemaSql } from './migrate.ts';
export { type CommandResult, endCommands, runCommand } from './process/run-command.ts';
export { DEFAULT_PORTS, PORT_NAMES, type PortName, type Ports } from './ports.ts';
export { describeExit, type Exit, ManagedProcess, type ProcessSpec } from './process/managed-process.ts';
export { lastLines } from './process/process-log.ts';
export { NODE, ROOT, StartError, STATE_DIRECTORY } from './root.ts';
export { ensureMasterKey } from './services/master-key.ts';
export {
  databaseUrl,
  healthUrls,
  OPERATOR_TOKEN,
  SERVICE_NAMES,
  type ServiceName,
  serviceSpec,
  type Stack,
} from './services/service-specs.ts';
export { kafkaAnswers, postgresAnswers, redisAnswers } from './stores/answers.ts';
export { ensureKafkaJars } from './stores/kafka-distribution.ts';
export { kafkaStore } from './stores/kafka.ts';
export { postgresStore, removePostgresDirectory } from './stores/postgres.ts';
export { findBrowser, findPrograms, type Programs } from './stores/programs.ts';
export { redisStore } from './stores/redis.ts';
export { type RunningStore, runStore, type StoreSpec } from './stores/store.ts';
export { type Note, Terminal } from './terminal.ts';
export { allTopics, DEMO_MERCHANT_TOPICS, ensureTopics } from './topics.ts';
