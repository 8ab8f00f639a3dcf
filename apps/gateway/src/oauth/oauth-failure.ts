import { Provider, errors } from 'oidc-provider';
import { type Problem, asProblem, inBudget } from '@hookwright/runtime';

/**
 * What a store or service answers to oidc-provider: within the request's budget, and its failures told as OAuth tells them. `what`: is away
 * then.
 */
export async function answerOf<Answer>(what: string, work: Promise<Answer>): Promise<Answer> {
  try {
    return await inBudget(work, what);
  } catch (error) {
    throw oauthFailure(error);
  }
}

/**
 * What went wrong, as oidc-provider answers it: its own errors as they are, a store or service that is away as `temporarily_unavailable`
 * with 503, too many wrong secrets with 429. Any other would be a `server_error`.
 */
function oauthFailure(error: unknown): Error {
  if (error instanceof errors.OIDCProviderError) return error;
  const problem = asProblem(error);
  if (problem.code === 'rate_limited') return tooMany(problem);
  return problem.code === 'service_unavailable' ? away(problem) : problem;
}

/** The code is RFC 6749's (4.1.2.1), which has it for the authorization endpoint; the status is what every HTTP client understands. */
function away(cause: Error): Error {
  const failure = new errors.TemporarilyUnavailable('a store or service is away; try again in a moment');
  return Object.assign(failure, { status: 503, statusCode: 503, cause });
}

/**
 * RFC 6749 has no code for it; that of a wrong secret is true as well, and 429 is RFC 6585's (4). When to come again is said here: the
 * library's errors have no place for it.
 */
function tooMany(cause: Problem): Error {
  Provider.ctx?.set('retry-after', String(cause.retryAfterSeconds ?? 1));
  return Object.assign(new errors.InvalidClientAuth(cause.message), { status: 429, statusCode: 429, cause });
}
