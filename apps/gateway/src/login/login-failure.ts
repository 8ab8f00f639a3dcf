import { AuthorizationResponseError, ResponseBodyError } from 'openid-client';
import { Problem } from '@hookwright/runtime';
import { IssuerAway } from './bounded-fetch.ts';

/**
 * Why a merchant is not logged in: `expired`, his login was begun in another browser, too long ago, or is used; `refused`, the platform did
 * not let him in; `no_merchant`, it did, but names no merchant; `away`, it does not answer; `unusable`, it answers what cannot be believed,
 * or is set up otherwise than we are.
 */
export type LoginFailure = 'expired' | 'refused' | 'no_merchant' | 'away' | 'unusable';

/** The ID token is good, and has no merchant's id where one should be. */
export class NoMerchant extends Error {
  override readonly name = 'NoMerchant';
}

/** What an error of the issuer's, or of openid-client's, means. */
export function failureOf(error: unknown): LoginFailure {
  if (error instanceof NoMerchant) return 'no_merchant';
  // RFC 6749: the issuer sends the browser back without a code (4.1.2.1), or does not know the code that the browser brought (5.2).
  if (error instanceof AuthorizationResponseError) return 'refused';
  if (error instanceof ResponseBodyError && error.error === 'invalid_grant') return 'refused';
  return chainOf(error).some((link) => link instanceof IssuerAway || link instanceof Problem) ? 'away' : 'unusable';
}

/**
 * For the log: what failed, and why. Messages are fixed texts of the libraries, or have an address without its query. What the issuer wrote
 * stays out (`error_description`, pieces of an answer that cannot be parsed): nobody knows what it repeats.
 */
export function reasonOf(error: unknown): string {
  const links = chainOf(error).map(({ message, error: told, code }) => [message, [told, code].find(isCode)]);
  return links.map((words) => words.filter((word) => word !== undefined).join(' ')).join(': ');
}

interface Link extends Error {
  readonly code?: unknown;
  /** Of an OAuth error. */
  readonly error?: unknown;
}

const MAX_LINKS = 6;

/** An error and its causes. openid-client has whole answers among them, which are no errors. */
function chainOf(error: unknown): Link[] {
  const links: Link[] = [];
  let link = error;
  while (isTold(link) && links.length < MAX_LINKS) {
    links.push(link);
    link = link.cause;
  }
  return links;
}

function isTold(link: unknown): link is Link {
  return Error.isError(link) && link.name !== 'SyntaxError';
}

/** The issuer's too, and by way of the browser anybody's. */
function isCode(text: unknown): text is string {
  return typeof text === 'string' && /^[\w.-]{1,64}$/.test(text);
}
