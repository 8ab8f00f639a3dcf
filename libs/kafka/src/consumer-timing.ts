/** How patient a consumer is. All in milliseconds. */
export interface ConsumerTiming {
  /**
   * A member that is silent for so long loses its partitions: what a killed one's partitions wait for. Brokers accept 6 s
   * (group.min.session.timeout.ms) to 30 min; 6 s are twelve heartbeats, and a process on a busy machine that says nothing for so long is stuck.
   */
  readonly sessionTimeoutMs: number;
  /** How long the group waits for a member that does not notice that others come or go. */
  readonly rebalanceTimeoutMs: number;
  /** Members notice at their next heartbeat that others come or go: a partition moves within about four of them. */
  readonly heartbeatMs: number;
  /**
   * A poll returns as soon as there is one message; this bounds how long an idle one hangs. So long may a partition wait that was paused and
   * has room again, and a stop.
   */
  readonly maxWaitMs: number;
  readonly commitEveryMs: number;
  /** How often it looks for topics that have come to match. */
  readonly newTopicsEveryMs: number;
  /** How soon new partitions of a topic are noticed. */
  readonly metadataMaxAgeMs: number;
  /** When a partition moves: how long the new owner waits for the old one to finish what it has begun. What takes longer is repeated. */
  readonly finishMs: number;
  /** A broker that does not answer holds up the last commit and the leaving for so long at most. */
  readonly leaveMs: number;
}

export const CONSUMER_TIMING: ConsumerTiming = {
  sessionTimeoutMs: 6000,
  rebalanceTimeoutMs: 15_000,
  heartbeatMs: 500,
  maxWaitMs: 100,
  commitEveryMs: 200,
  newTopicsEveryMs: 10_000,
  metadataMaxAgeMs: 10_000,
  finishMs: 3000,
  leaveMs: 3000,
};

/** Of a reader that is alone in its group: nobody waits for it, and nothing of it is ever paused. */
export const READER_TIMING: ConsumerTiming = { ...CONSUMER_TIMING, sessionTimeoutMs: 10_000, heartbeatMs: 1500, maxWaitMs: 1000 };
