import type { ProxyFailed } from './proxy-failed.ts';

// Requests that wait for the proxy are tried again far sooner. Older news are of a time when there was something to send.
const VALID_MS = 30_000;

/** Whether the egress proxy worked when it was last asked. */
export class ProxyHealth {
  #failure: ProxyFailed | undefined;
  #toldAtMs = 0;

  tell(failure: ProxyFailed | undefined): void {
    this.#failure = failure;
    this.#toldAtMs = performance.now();
  }

  check(): void {
    if (this.#failure !== undefined && performance.now() - this.#toldAtMs < VALID_MS) throw this.#failure;
  }
}
