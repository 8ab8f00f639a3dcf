import { TOPICS } from '@hookwright/contracts';

/** The topics a worker reads and writes: Hookwright's own, or a test's. */
export type WorkerTopics = Readonly<Record<'deliveries' | 'endpoints' | 'installations' | 'secrets' | 'endpointSignals', string>>;

export const WORKER_TOPICS: WorkerTopics = TOPICS;
