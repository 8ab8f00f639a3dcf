import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/**
 * Goes into a form and comes back with it: whoever makes a browser send a form without having seen the page does not know it. Made from the
 * session's id, which only the browser has, and bound to one purpose, e.g. one consent.
 */
export function csrfToken(sessionId: string, purpose: string): string {
  return createHmac('sha256', sessionId).update(`csrf ${purpose}`).digest('base64url');
}

export function isCsrfToken(token: string, sessionId: string, purpose: string): boolean {
  const expected = Buffer.from(csrfToken(sessionId, purpose));
  const given = Buffer.from(token);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/**
 * Whether a form was sent from a page of ours, as far as the browser says. `Origin: null` says nothing: that is what browsers send for
 * forms of pages with `Referrer-Policy: no-referrer`, such as ours.
 */
export function isFromOwnPage(headers: IncomingHttpHeaders, publicUrl: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin = 'null' } = headers;
  return origin === 'null' || origin === publicUrl;
}

/** Likewise of a request that brings no token, from a script: then the browser has to say so. */
export function isFromOwnScript(headers: IncomingHttpHeaders, publicUrl: string): boolean {
  const site = headers['sec-fetch-site'];
  return site === undefined ? headers.origin === publicUrl : site === 'same-origin';
}
