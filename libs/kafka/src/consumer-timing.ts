/** How patient a consumer is. All in milliseconds. */
export interface ConsumerTiming {
  /** A member that is silent for so long loses its partitions. Brokers accept 6 s to 30 min. */
  readonly sessionTimeoutMs: number;
  /** How long the group waits, when members come or go, for one that is still handing over a batch. */
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatMs: number;
  /** A poll returns as soon as there is one message; this bounds only how long an idle one hangs, and so how long a stop may wait for it. */
  readonly maxWaitMs: number;
  readonly commitEveryMs: number;
  /** How often it looks for topics that have come to match. */
  readonly newTopicsEveryMs: number;
  /** How soon new partitions of a topic are noticed. */
  readonly metadataMaxAgeMs: number;
  /** A broker that does not answer holds up the last commit and the leaving for so long at most. */
  readonly leaveMs: number;
}

export const CONSUMER_TIMING: ConsumerTiming = {
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 15_000,
  heartbeatMs: 1500,
  maxWaitMs: 1000,
  commitEveryMs: 200,
  newTopicsEveryMs: 10_000,
  metadataMaxAgeMs: 10_000,
  leaveMs: 3000,
};
