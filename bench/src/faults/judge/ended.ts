import type { ReceivedRequest } from '../../receiver/receiver.ts';

/** From an answer on an app, or one merchant of it, gets nothing more. */
export interface Ended {
  readonly appId: string;
  /** Undefined: all of the app's. */
  readonly merchant?: string;
  /** When the call that ended it was answered, Unix ms. */
  readonly answeredMs: number;
}

/** What may still be sent after an end: it tells of it. */
const FAREWELLS = ['partner_app.install.revoked', 'partner_app.merchant.redact'];

/** Requests that came later than `withinMs` after the end of what they are about. They began before they came: a strict count. */
export function requestsAfterEnd(
  requests: readonly Pick<ReceivedRequest, 'appId' | 'merchant' | 'type' | 'atMs'>[],
  ended: readonly Ended[],
  withinMs: number,
): number {
  const ends = new Map(ended.map(({ appId, merchant = '', answeredMs }) => [`${appId} ${merchant}`, answeredMs]));
  return requests.filter(({ appId, merchant, type, atMs }) => {
    if (FAREWELLS.includes(type)) return false;
    const endMs = Math.min(ends.get(`${appId} ${merchant}`) ?? Infinity, ends.get(`${appId} `) ?? Infinity);
    return atMs > endMs + withinMs;
  }).length;
}
