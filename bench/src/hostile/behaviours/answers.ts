import type { Behaviour } from '../connection.ts';
import type { Exchange } from '../exchange.ts';

// RFC 9110: these have no body, and 204 no length either.
const BODILESS = new Set([204, 304]);

/** 200 at once. */
export const ok: Behaviour = { act: (exchange) => answerStatus(exchange, 200) };

/** The status of the path, `/status/503`. */
export const status: Behaviour = { act: (exchange) => answerStatus(exchange, Number(exchange.request.path.split('/')[2])) };

/** A redirect with the `code` to `to`; without one, to itself. */
export const redirect: Behaviour = {
  act: (exchange) => {
    const location = exchange.params.get('to') ?? exchange.request.path;
    answerStatus(exchange, exchange.number('code', 302), `location: ${location}\r\n`);
  },
};

/** `status` (503) with Retry-After `value` as it is; `date:7` is the HTTP date in 7 s. */
export const retryAfter: Behaviour = {
  act: (exchange) => {
    const value = exchange.params.get('value') ?? '';
    const shown = value.startsWith('date:') ? new Date(Date.now() + Number(value.slice(5)) * 1000).toUTCString() : value;
    answerStatus(exchange, exchange.number('status', 503), `retry-after: ${shown}\r\n`);
  },
};

/** Fails the `first` requests of each webhook-id, or each request with the probability `p`. */
export function flaky(): Behaviour {
  const seen = new Map<string, number>();
  return {
    act: (exchange) => {
      const { path, webhookId, appId } = exchange.request;
      const key = `${path} ${appId} ${webhookId}`;
      const before = seen.get(key) ?? 0;
      seen.set(key, before + 1);
      const fails = before < exchange.number('first', 0) || Math.random() < exchange.number('p', 0);
      answerStatus(exchange, fails ? 500 : 200);
    },
  };
}

export function answerStatus(exchange: Exchange, statusCode: number, headers = ''): void {
  const length = BODILESS.has(statusCode) || statusCode === 101 ? '' : 'content-length: 0\r\n';
  const upgrade = statusCode === 101 ? 'connection: upgrade\r\nupgrade: websocket\r\n' : '';
  exchange.answer(statusCode, `HTTP/1.1 ${statusCode} X\r\n${headers}${upgrade}${length}\r\n`);
}
