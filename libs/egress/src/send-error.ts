import type { SendErrorCategory } from './send-result.ts';

/** A failed request's category and the sentence that tells a partner why. */
export interface SendFailure {
  readonly category: SendErrorCategory;
  readonly message: string;
}

const MAX_MESSAGE_LENGTH = 200;

const CONTROL_CHARACTERS = /[\p{Cc}\p{Cs}]+/gu;

const CLOSED = 'the connection was closed before the response was complete';

// What undici and node:net call the failures that partners see, by `code`. Without a message the error's own is kept.
const KNOWN: Readonly<Record<string, readonly [SendErrorCategory, string?]>> = {
  EGRESS_BLOCKED: ['blocked_target'],
  EGRESS_DNS: ['dns'],
  EGRESS_CONNECT_TIMEOUT: ['timeout'],
  ETIMEDOUT: ['timeout', 'the connection timed out'],
  UND_ERR_HEADERS_OVERFLOW: ['response_too_large', 'the response has more than 16 KiB of headers'],
  UND_ERR_INVALID_ARG: ['request'],
  UND_ERR_NOT_SUPPORTED: ['request'],
  UND_ERR_CLOSED: ['request', 'the client is closed'],
  UND_ERR_DESTROYED: ['request', 'the client is closed'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['connection', 'the body is not as long as its content-length says'],
  ECONNREFUSED: ['connection', 'the connection was refused'],
  ECONNRESET: ['connection', 'the connection was reset'],
  EPIPE: ['connection', CLOSED],
  EHOSTUNREACH: ['connection', 'there is no route to the host'],
  ENETUNREACH: ['connection', 'there is no route to the network'],
  ERR_SSL_WRONG_VERSION_NUMBER: ['tls', 'the endpoint does not speak TLS'],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: ['tls', 'the endpoint does not speak TLS'],
};

// OpenSSL's verification errors as Node names them, and its protocol errors.
const TLS_CODE =
  /^(ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|CRL_|UNABLE_TO_|ERROR_IN_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_(CA|PURPOSE)|PATH_LENGTH_|HOSTNAME_)/;

// Node reports a peer that hangs up during the handshake as ECONNRESET with this text.
const HANDSHAKE_CUT = 'before secure TLS connection was established';

// undici's HTTPParserError carries llhttp's reason in parentheses, and no code.
const PARSER_MESSAGE = /^Response does not match the HTTP\/1\.1 protocol (\(.*\))/;

const SOCKET_TEXTS: Readonly<Record<string, string>> = {
  'other side closed': CLOSED,
  closed: CLOSED,
  'bad response': 'the endpoint sent something that is no answer to the request',
  'bad upgrade': 'the endpoint switched protocols unasked',
};

/** Sorts what went wrong below HTTP's status codes. Everything unknown is a `connection` error. */
export function sendFailureOf(error: unknown): SendFailure {
  const { code, message } = codeAndMessage(error);
  if (message.includes(HANDSHAKE_CUT)) return { category: 'tls', message: 'the connection was closed during the TLS handshake' };

  const known = KNOWN[code];
  if (known !== undefined) return { category: known[0], message: known[1] ?? shown(message) };
  if (TLS_CODE.test(code)) return { category: 'tls', message: shown(tlsMessage(error, message)) };
  const parserError = PARSER_MESSAGE.exec(message);
  if (parserError !== null) return { category: 'connection', message: shown(`the response is not HTTP/1.1 ${parserError[1] ?? ''}`) };
  return { category: 'connection', message: SOCKET_TEXTS[message] ?? shown(message === '' ? code : message) };
}

// OpenSSL puts source lines into the message and the plain reason beside it.
function tlsMessage(error: unknown, message: string): string {
  const reason = typeof error === 'object' && error !== null && 'reason' in error ? error.reason : undefined;
  return typeof reason === 'string' && reason !== '' ? `TLS failed: ${reason}` : `TLS failed: ${message}`;
}

// By shape, not by instanceof: an AggregateError of several addresses has a code and no message.
function codeAndMessage(error: unknown): { code: string; message: string } {
  if (typeof error !== 'object' || error === null) return { code: '', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const message = 'message' in error && typeof error.message === 'string' ? error.message : '';
  return { code, message };
}

function shown(message: string): string {
  return message.replace(CONTROL_CHARACTERS, ' ').slice(0, MAX_MESSAGE_LENGTH);
}
