/** What `npm start` tells its guard, and what it hears back, over their IPC channel. */
export type ToGuard =
  /** Hold the clone: one `npm start` at a time. */
  | { readonly kind: 'hold'; readonly socket: string }
  | { readonly kind: 'watch'; readonly process: WatchedProcess }
  | { readonly kind: 'forget'; readonly pid: number };

export type FromGuard =
  | { readonly kind: 'held' }
  /** Somebody else holds the clone: that `npm start`'s pid. */
  | { readonly kind: 'taken'; readonly pid: number };

export interface WatchedProcess {
  readonly pid: number;
  readonly stopSignal: NodeJS.Signals;
  /** It is killed when it has not ended after so many ms. */
  readonly graceMs: number;
  /** Lower ones end first: services before the stores they write to. */
  readonly order: number;
}
