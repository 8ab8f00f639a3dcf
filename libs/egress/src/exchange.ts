import type { Dispatcher } from 'undici';
import { noConnectionWithin } from './connect.ts';
import type { Connection } from './connection.ts';
import { isHangUp, sendFailureOf, unsentReasonOf, type SendFailure } from './send-error.ts';
import type { SendResult } from './send-result.ts';

// Read so that a connection can be kept after a talkative but decent answer; past it the sender hangs up.
const MAX_READ_BYTES = 64 * 1024;
const MAX_KEPT_BYTES = 4 * 1024;
const MAX_KEPT_HEADERS = 32;
const MAX_HEADER_VALUE_LENGTH = 512;

// 102 and 103 have their uses; an endless row of them would be read until the deadline.
const MAX_INFORMATIONAL_RESPONSES = 8;

// A hang-up that was on its way when the request went out arrives within a round trip. What comes later came after the request.
const ROUND_TRIP_MS = 500;

const SWITCHING_PROTOCOLS = 101;
const GONE = 410;

const EMPTY_BODY = Buffer.alloc(0);

type ResponseHeaders = Record<string, string | string[] | undefined>;

export interface ExchangeOptions {
  readonly connection: Connection;
  readonly timeoutMs: number;
  /** Asked before the request goes out on a connection that had to be opened. */
  readonly mayBegin: () => boolean;
  readonly resolve: (result: SendResult) => void;
}

/**
 * One request and its response, as undici's low-level handler: on the hot path, `request()` costs 6–8 µs more for streams and promises that
 * a bounded body does not need.
 *
 * waiting (for a connection) → sent → answered (headers complete) → settled; the deadline or an error settles from any state, and a
 * withdrawal instead of being sent. Once settled
 * every later call is ignored. From sent it goes back to waiting, once, when an idle connection turns out to have been closed by the
 * endpoint meanwhile (RFC 9112, 9.3.1): many servers close after a few seconds and say nothing of it before. A POST may be sent again
 * because webhooks have an id that receivers know repeats by.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  #connection: Connection;
  readonly #timeoutMs: number;
  readonly #mayBegin: () => boolean;
  readonly #resolve: (result: SendResult) => void;
  readonly #startedAtMs = performance.now();
  #isSent = false;
  #isInDoubt = false;
  #settled = false;
  #informationalResponses = 0;
  #statusCode = 0;
  #headers: ResponseHeaders = {};
  #receivedBytes = 0;
  #kept: Buffer = EMPTY_BODY;

  constructor({ connection, timeoutMs, mayBegin, resolve }: ExchangeOptions) {
    this.#connection = connection;
    this.#timeoutMs = timeoutMs;
    this.#mayBegin = mayBegin;
    this.#resolve = resolve;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#isSent = true;
    if (this.#connection.isReused || this.#mayBegin()) return;
    this.#settle({ kind: 'withdrawn', durationMs: this.#roundedMs() });
    controller.abort(new Error('withdrawn'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, statusCode: number, headers: ResponseHeaders): void {
    if (statusCode < 200) {
      this.#passInformational(statusCode);
      return;
    }
    this.#statusCode = statusCode;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    this.#receivedBytes += chunk.length;
    if (this.#kept.length < MAX_KEPT_BYTES) this.#kept = appended(this.#kept, chunk);
    if (this.#receivedBytes > MAX_READ_BYTES) {
      this.#settleResponse();
      this.#connection.close();
    }
  }

  onResponseEnd(): void {
    if (this.#settled) return;
    if (this.#statusCode === GONE && this.#connection.isReused) {
      void this.#settleInDoubt();
      return;
    }
    this.#settleResponse();
    this.#connection.free();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const unsent = unsentReasonOf(error);
    if (unsent !== undefined) this.#settle({ kind: 'unsent', message: unsent, durationMs: this.#roundedMs() });
    if (this.#metAClosedConnection(error)) {
      this.#connection.handOver();
      return;
    }
    this.#fail(sendFailureOf(error));
  }

  /** Since it began. */
  get elapsedMs(): number {
    return performance.now() - this.#startedAtMs;
  }

  /** It begins anew on that connection. */
  moveTo(connection: Connection): void {
    this.#connection = connection;
    this.#isSent = false;
  }

  /** Settles, whatever the state: as timed out, unless the answer is there. */
  timeOut(): void {
    if (this.#isInDoubt) this.#settleResponse();
    this.#fail({ category: 'timeout', message: this.#timeoutMessage() });
  }

  #metAClosedConnection(error: Error): boolean {
    const isUnanswered = !this.#settled && this.#statusCode === 0 && this.#informationalResponses === 0;
    return isUnanswered && this.#connection.isReused && isHangUp(error) && this.elapsedMs < ROUND_TRIP_MS;
  }

  #timeoutMessage(): string {
    if (!this.#isSent) return noConnectionWithin(this.#timeoutMs);
    if (this.#statusCode === 0) return `no response within ${this.#timeoutMs} ms; answer first and do the work afterwards`;
    return `the response was not complete within ${this.#timeoutMs} ms; a short answer is enough`;
  }

  #passInformational(statusCode: number): void {
    this.#informationalResponses += 1;
    if (statusCode !== SWITCHING_PROTOCOLS && this.#informationalResponses <= MAX_INFORMATIONAL_RESPONSES) return;
    this.#fail({ category: 'connection', message: `the endpoint keeps answering ${statusCode}` });
  }

  // A 410 ends an endpoint for good: no stray answer, to a request of who knows whom, may do that.
  async #settleInDoubt(): Promise<void> {
    this.#isInDoubt = true;
    if (await this.#connection.wasStray()) {
      this.#fail({ category: 'connection', message: 'the endpoint sent more answers than there were requests' });
      return;
    }
    this.#settleResponse();
    this.#connection.close();
  }

  #fail(failure: SendFailure): void {
    this.#settleError(failure);
    this.#connection.close();
  }

  #settleResponse(): void {
    const statusCode = this.#statusCode;
    if (statusCode >= 300 && statusCode < 400) {
      this.#settleError(
        {
          category: 'redirect',
          message: `the endpoint redirects (${statusCode}), which is not followed; give the endpoint the URL it leads to`,
        },
        statusCode,
      );
      return;
    }
    this.#settle({
      kind: 'response',
      statusCode,
      headers: keptHeaders(this.#headers),
      body: this.#kept,
      truncated: this.#receivedBytes > this.#kept.length,
      durationMs: this.#roundedMs(),
    });
  }

  #settleError({ category, message }: SendFailure, statusCode?: number): void {
    const failure = { kind: 'error', category, message, durationMs: this.#roundedMs() } as const;
    this.#settle(statusCode === undefined ? failure : { ...failure, statusCode });
  }

  #settle(result: SendResult): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#resolve(result);
  }

  #roundedMs(): number {
    return Math.round(this.elapsedMs);
  }
}

// Copied: the chunk is a window into a socket buffer of up to 64 KiB, which would live as long as the result.
function appended(kept: Buffer, chunk: Buffer): Buffer {
  return Buffer.concat([kept, chunk.subarray(0, MAX_KEPT_BYTES - kept.length)]);
}

function keptHeaders(headers: ResponseHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  let count = 0;
  for (const name in headers) {
    // The retry policy needs it wherever it stands.
    if (count >= MAX_KEPT_HEADERS && name !== 'retry-after') continue;
    kept[name] = textOf(headers[name]).slice(0, MAX_HEADER_VALUE_LENGTH);
    count += 1;
  }
  return kept;
}

function textOf(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : (value?.join(', ') ?? '');
}
