export interface BareLoopWish {
  readonly url: string;
  readonly requests: number;
  /** Bytes of the body that is signed and sent: what the worker sends for an event of 1 KB. */
  readonly bodyBytes: number;
  /** Requests under way at once, each on a keep-alive connection of its own. */
  readonly concurrency: number;
}

export interface BareLoopResult {
  /** Own CPU time, user and system, seconds. */
  readonly cpuSeconds: number;
  readonly elapsedMs: number;
  readonly failed: number;
}

export interface BareLoopApi {
  run(of: BareLoopWish): Promise<BareLoopResult>;
}
