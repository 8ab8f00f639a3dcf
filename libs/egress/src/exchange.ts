import type { Dispatcher } from 'undici';
import { sendFailureOf, type SendFailure } from './send-error.ts';
import type { SendResult } from './send-result.ts';

// Read so that a connection can be kept after a talkative but decent answer; past it the sender hangs up.
const MAX_READ_BYTES = 64 * 1024;
const MAX_KEPT_BYTES = 4 * 1024;
const MAX_KEPT_HEADERS = 32;
const MAX_HEADER_VALUE_LENGTH = 512;

// 102 and 103 have their uses; an endless row of them would be read until the deadline.
const MAX_INFORMATIONAL_RESPONSES = 8;

const SWITCHING_PROTOCOLS = 101;

const EMPTY_BODY = Buffer.alloc(0);

type ResponseHeaders = Record<string, string | string[] | undefined>;

/**
 * One request and its response, as undici's low-level handler: on the hot path, `request()` costs 6–8 µs more for streams and promises that
 * a bounded body does not need.
 *
 * waiting (for a connection) → sent → answered (headers complete) → settled; the deadline or an error settles from any state. Once settled
 * every later call is ignored.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #timeoutMs: number;
  readonly #resolve: (result: SendResult) => void;
  readonly #startedAtMs = performance.now();
  readonly #deadline: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #informationalResponses = 0;
  #statusCode = 0;
  #headers: ResponseHeaders = {};
  #receivedBytes = 0;
  #kept: Buffer = EMPTY_BODY;

  constructor(timeoutMs: number, resolve: (result: SendResult) => void) {
    this.#timeoutMs = timeoutMs;
    this.#resolve = resolve;
    this.#deadline = setTimeout(passDeadline, timeoutMs, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // The deadline passed while the request waited for a connection. Throwing skips it; abort() would also close the connection.
    if (this.#settled) throw new Error('the deadline has passed');
    this.#controller = controller;
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
      this.#hangUp();
    }
  }

  onResponseEnd(): void {
    this.#settleResponse();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#settleError(sendFailureOf(error));
  }

  /** Settles as timed out, whatever the state, and gives the connection up: its rest would be read as the next answer. */
  timeOut(): void {
    this.#settleError({ category: 'timeout', message: this.#timeoutMessage() });
    this.#hangUp();
  }

  #timeoutMessage(): string {
    if (this.#controller === undefined) return `no connection within ${this.#timeoutMs} ms`;
    if (this.#statusCode === 0) return `no response within ${this.#timeoutMs} ms`;
    return `the response was not complete within ${this.#timeoutMs} ms`;
  }

  #passInformational(statusCode: number): void {
    this.#informationalResponses += 1;
    if (statusCode !== SWITCHING_PROTOCOLS && this.#informationalResponses <= MAX_INFORMATIONAL_RESPONSES) return;
    this.#settleError({ category: 'connection', message: `the endpoint keeps answering ${statusCode}` });
    this.#hangUp();
  }

  #settleResponse(): void {
    const statusCode = this.#statusCode;
    if (statusCode >= 300 && statusCode < 400) {
      this.#settleError({ category: 'redirect', message: `the endpoint redirects (${statusCode}), which is not followed` }, statusCode);
      return;
    }
    this.#settle({
      kind: 'response',
      statusCode,
      headers: keptHeaders(this.#headers),
      body: this.#kept,
      truncated: this.#receivedBytes > this.#kept.length,
      durationMs: this.#elapsedMs(),
    });
  }

  #settleError({ category, message }: SendFailure, statusCode?: number): void {
    const failure = { kind: 'error', category, message, durationMs: this.#elapsedMs() } as const;
    this.#settle(statusCode === undefined ? failure : { ...failure, statusCode });
  }

  #settle(result: SendResult): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#deadline);
    this.#resolve(result);
  }

  #hangUp(): void {
    this.#controller?.abort(new Error('hung up'));
  }

  #elapsedMs(): number {
    return Math.round(performance.now() - this.#startedAtMs);
  }
}

function passDeadline(exchange: Exchange): void {
  exchange.timeOut();
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
