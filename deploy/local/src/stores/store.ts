import { ManagedProcess, type ProcessSpec } from '../process/managed-process.ts';
import { lastLines } from '../process/process-log.ts';

/** A store as a local process: what to run, and how its clients reach it. */
export interface StoreSpec {
  readonly process: ProcessSpec;
  /** `host:port` for Kafka, a URL for PostgreSQL and Redis. */
  readonly address: string;
}

export interface RunningStore {
  readonly address: string;
  readonly pid: number | undefined;
  /** Ends it; resolves when it is gone. */
  stop(): Promise<void>;
  /** Sends a signal and does not wait: for tests of crashes. */
  signal(signal: NodeJS.Signals): void;
}

/**
 * Runs a store without supervision until stop(). Rejects, with the end of its log, when it does not come up, or when `giveUp` is aborted
 * before it did.
 */
export async function runStore(spec: StoreSpec, giveUp?: AbortSignal): Promise<RunningStore> {
  giveUp?.throwIfAborted();
  const running = new ManagedProcess(spec.process);
  const end = (): void => running.signal('SIGTERM');
  giveUp?.addEventListener('abort', end);
  try {
    await running.waitUntilReady();
  } catch (error) {
    await running.stop();
    const log = lastLines(spec.process.logFile, 15).join('\n');
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${log}`, { cause: error });
  } finally {
    giveUp?.removeEventListener('abort', end);
  }
  return {
    address: spec.address,
    pid: running.pid,
    stop: async () => {
      await running.stop();
    },
    signal: (signal) => running.signal(signal),
  };
}
