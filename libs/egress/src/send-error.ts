import { ProxyFailed } from './proxy-failed.ts';
import type { SendErrorCategory } from './send-result.ts';

/** A failed request's category and the sentence that tells a partner why. */
export interface SendFailure {
  readonly category: SendErrorCategory;
  readonly message: string;
}

const MAX_MESSAGE_LENGTH = 200;

const CONTROL_CHARACTERS = /[\p{Cc}\p{Cs}]+/gu;

const CLOSED = 'the connection was closed before the response was complete; send the whole answer, then close';
const UNREACHABLE = 'open the port to the internet and check that the host is up';

// What undici and node:net call the failures that partners see, by `code`. Without a message the error's own is kept.
const KNOWN: Readonly<Record<string, readonly [SendErrorCategory, string?]>> = {
  EGRESS_BLOCKED: ['blocked_target'],
  EGRESS_DNS: ['dns'],
  EGRESS_CONNECT_TIMEOUT: ['timeout'],
  EGRESS_TUNNEL: ['connection'],
  ETIMEDOUT: ['timeout', `the connection timed out; ${UNREACHABLE}`],
  UND_ERR_HEADERS_OVERFLOW: ['response_too_large', 'the response has more than 16 KiB of headers; send fewer'],
  UND_ERR_INVALID_ARG: ['request'],
  UND_ERR_NOT_SUPPORTED: ['request'],
  UND_ERR_CLOSED: ['request', 'the client is closed'],
  UND_ERR_DESTROYED: ['request', 'the client is closed'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['connection', 'the body is not as long as its content-length says'],
  ECONNREFUSED: ['connection', 'the connection was refused; check that the endpoint listens on this port'],
  ECONNRESET: ['connection', 'the connection was reset; send the whole answer, then close'],
  EPIPE: ['connection', CLOSED],
  EHOSTUNREACH: ['connection', `there is no route to the host; ${UNREACHABLE}`],
  ENETUNREACH: ['connection', `there is no route to the network; ${UNREACHABLE}`],
  ERR_SSL_WRONG_VERSION_NUMBER: ['tls', 'the endpoint does not speak TLS; serve https on this port'],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: ['tls', 'the endpoint does not speak TLS; serve https on this port'],
};

// What is to be done about a certificate, by OpenSSL's name of what is wrong with it.
const CERTIFICATE_ADVICE: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'use one of a public authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'use one of a public authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'send the intermediate certificates too, and use a public authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'send the intermediate certificates too, and use a public authority',
  CERT_HAS_EXPIRED: 'renew it',
  CERT_NOT_YET_VALID: 'check when it begins',
  ERR_TLS_CERT_ALTNAME_INVALID: 'use one for this host',
};

// Of this machine's own: nothing was sent, and no endpoint can do anything about it.
const LOCAL_FAULTS = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

// By code, and what undici says with UND_ERR_SOCKET.
const HANG_UP_CODES = new Set(['ECONNRESET', 'EPIPE']);
const HANG_UP_MESSAGES = new Set(['other side closed', 'closed']);

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

/** Why nothing was sent, if that was not the endpoint's fault. */
export function unsentReasonOf(error: unknown): string | undefined {
  if (error instanceof ProxyFailed) return error.message;
  const { code } = codeAndMessage(error);
  return LOCAL_FAULTS.has(code) ? `no connection can be opened here (${code})` : undefined;
}

/** Whether the connection was closed by the other side, and nothing worse. */
export function isHangUp(error: unknown): boolean {
  const { code, message } = codeAndMessage(error);
  return HANG_UP_CODES.has(code) || (code === 'UND_ERR_SOCKET' && HANG_UP_MESSAGES.has(message));
}

/** Sorts what went wrong below HTTP's status codes. Everything unknown is a `connection` error. */
export function sendFailureOf(error: unknown): SendFailure {
  const { code, message } = codeAndMessage(error);
  if (message.includes(HANDSHAKE_CUT))
    return {
      category: 'tls',
      message: 'the connection was closed during the TLS handshake; check the certificate and TLS versions that the endpoint serves',
    };

  const known = KNOWN[code];
  if (known !== undefined) return { category: known[0], message: known[1] ?? shown(message) };
  if (TLS_CODE.test(code)) return { category: 'tls', message: shown(tlsMessage(error, { code, message })) };
  const parserError = PARSER_MESSAGE.exec(message);
  if (parserError !== null) return { category: 'connection', message: shown(`the response is not HTTP/1.1 ${parserError[1] ?? ''}`) };
  // Not the message: the system's tells our own address.
  return { category: 'connection', message: SOCKET_TEXTS[message] ?? (code === '' ? shown(message) : `the connection failed (${code})`) };
}

// What Node adds for whoever runs this process, who is not the reader.
const NODE_ADVICE = /; if the root CA is installed locally.*$/s;

// OpenSSL puts source lines into the message and the plain reason beside it.
function tlsMessage(error: unknown, { code, message }: CodeAndMessage): string {
  const reason = typeof error === 'object' && error !== null && 'reason' in error ? error.reason : undefined;
  const advice = CERTIFICATE_ADVICE[code];
  return `TLS failed: ${advice === undefined ? '' : `${advice}: `}${typeof reason === 'string' && reason !== '' ? reason : message.replace(NODE_ADVICE, '')}`;
}

interface CodeAndMessage {
  readonly code: string;
  readonly message: string;
}

// By shape, not by instanceof: an AggregateError of several addresses has a code and no message.
function codeAndMessage(error: unknown): CodeAndMessage {
  if (typeof error !== 'object' || error === null) return { code: '', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const message = 'message' in error && typeof error.message === 'string' ? error.message : '';
  return { code, message };
}

function shown(message: string): string {
  return message.replace(CONTROL_CHARACTERS, ' ').slice(0, MAX_MESSAGE_LENGTH);
}
