/** How an endpoint of the receiver answers. */
export interface Behaviour {
  /** Default 200. */
  readonly status?: number;
  /** Pause before the answer in ms, default 0. */
  readonly delayMs?: number;
  /** Further headers of the answer, such as retry-after. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Every request that came, a column for each of its facts: a million of them are few objects. */
export interface RequestLog {
  /** Path of the request, which names the endpoint. */
  readonly paths: readonly string[];
  readonly appIds: readonly string[];
  readonly webhookIds: readonly string[];
  /** When it had arrived entirely, ms. */
  readonly atMs: readonly number[];
  /** When it was answered, ms; NaN: not yet, or the connection was gone. */
  readonly answeredMs: readonly number[];
  /** What it was answered; 0: nothing. */
  readonly statuses: readonly number[];
  /** webhook-attempt: 1 is the first. */
  readonly attempts: readonly number[];
  /** Event type and merchant; empty where the receiver was not told to keep them. */
  readonly types: readonly string[];
  readonly merchants: readonly string[];
}

/** One request as it came, for those who verify signatures. */
export interface Sample {
  readonly path: string;
  readonly atMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Counts {
  readonly requests: number;
  /** Different pairs of app and webhook-id. */
  readonly pairs: number;
  /** Connections that are open now. */
  readonly connections: number;
  /** When the last request came, ms; 0: none did. */
  readonly lastAtMs: number;
  /** Requests that could not be read. */
  readonly faults: number;
}

export interface ReceiverSettings {
  /** Every how many requests one is kept whole; 0: none. */
  readonly sampleEvery: number;
  /** Whether the log has the event's type and merchant: two more headers to look for in each request. */
  readonly labelled: boolean;
}

/** The methods of the receiver's process. */
export interface ReceiverApi {
  listen(settings: ReceiverSettings): Promise<number>;
  /** For one path, or for all others ('*'). */
  behave(of: { readonly path: string; readonly behaviour: Behaviour }): void;
  /** Forgets requests and samples; behaviours stay. */
  clear(of: undefined): void;
  counts(of: undefined): Counts;
  /** Resolves with the counts when so many pairs have come, or the time is up. */
  waitForPairs(of: { readonly pairs: number; readonly timeoutMs: number }): Promise<Counts>;
  /** A part of the log: at most `count` requests from the `from`th on. */
  log(of: { readonly from: number; readonly count: number }): RequestLog;
  /** A part of the samples, as of the log; empty after the last. */
  samples(of: { readonly from: number; readonly count: number }): readonly Sample[];
}
