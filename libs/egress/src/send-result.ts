/** One signed request to an endpoint. */
export interface SendRequest {
  /** The endpoint's URL as it was saved. Judged again by its text on the first send, and by its address on each connection. */
  readonly url: string;
  /** Sent as they are, beside host, connection and content-length. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** The total deadline over resolving, connecting, sending and the whole response, in ms. */
  readonly timeoutMs: number;
  /**
   * Asked when a connection had to be opened, which takes its time, right before the request goes out on it; false: it is withdrawn. Not
   * asked on a kept connection: nothing was waited for.
   */
  readonly mayBegin?: () => boolean;
}

/** Why there is no usable response. The names are the API's `error_category`. */
export type SendErrorCategory = 'timeout' | 'dns' | 'tls' | 'connection' | 'blocked_target' | 'redirect' | 'response_too_large' | 'request';

/** A response with its headers complete and not a redirect: its status decides. */
export interface SendResponse {
  readonly kind: 'response';
  readonly statusCode: number;
  /** Names in lower case; `retry-after` and the first 32, values cut at 512 characters, repeated ones joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** The first 4 KiB of the body as it came: never decompressed, not necessarily text. */
  readonly body: Buffer;
  /** Whether the body was longer than what is kept. */
  readonly truncated: boolean;
  readonly durationMs: number;
}

/** A request that failed. `message` is a sentence for the partner, ≤ 200 characters. */
export interface SendError {
  readonly kind: 'error';
  readonly category: SendErrorCategory;
  readonly message: string;
  readonly durationMs: number;
  /** Of a redirect. */
  readonly statusCode?: number;
}

/**
 * Nothing was sent, and the endpoint has no part in it: the egress proxy is away or will not have us, or this machine is out of sockets.
 * `message` is for the operator.
 */
export interface Unsent {
  readonly kind: 'unsent';
  readonly message: string;
  readonly durationMs: number;
}

/** Nothing was sent: `mayBegin` said so. */
export interface Withdrawn {
  readonly kind: 'withdrawn';
  readonly durationMs: number;
}

/** What an endpoint has to answer for. */
export type AttemptResult = SendResponse | SendError;

export type SendResult = AttemptResult | Unsent | Withdrawn;
