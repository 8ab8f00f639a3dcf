import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureKafkaJars, findPrograms, freePort, kafkaStore, type RunningStore, runStore, type StoreSpec } from '@hookwright/local';

/** A Kafka of a spec's own that can go away and come back with what it had. Always a local process. */
export interface RestartableBroker {
  /** The same over restarts, and known before the first start. */
  readonly brokers: string[];
  start(): Promise<void>;
  /** In good order, keeping its data. Nothing when it is not running. */
  stop(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Stops it and removes its data. */
  remove(): Promise<void>;
}

/** The broker, not started yet. A start takes about 4 s. */
export async function restartableBroker(): Promise<RestartableBroker> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'hookwright-broker-'));
  const spec = await brokerSpec(directory);
  let running: RunningStore | undefined;
  const stop = async (): Promise<void> => {
    await running?.stop();
    running = undefined;
  };
  return {
    brokers: [spec.address],
    start: async () => {
      running ??= await runStore(spec);
    },
    stop,
    signal: (signal) => running?.signal(signal),
    remove: async () => {
      await stop();
      fs.rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function brokerSpec(directory: string): Promise<StoreSpec> {
  const { java, maven } = findPrograms();
  if (java === undefined) throw new Error('Java 17 or newer (java) was not found');
  return await kafkaStore({
    java,
    jars: await ensureKafkaJars(maven),
    port: await freePort(),
    controllerPort: await freePort(),
    directory,
    logFile: path.join(directory, 'broker.log'),
    light: true,
  });
}
