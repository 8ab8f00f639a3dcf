import { errors } from 'oidc-provider';
import { asProblem, inBudget } from '@hookwright/runtime';

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
 * with 503.
 */
function oauthFailure(error: unknown): Error {
  if (error instanceof errors.OIDCProviderError) return error;
  const problem = asProblem(error);
  return problem.code === 'service_unavailable' ? away(problem) : problem;
}

/** The code is RFC 6749's (4.1.2.1), which has it for the authorization endpoint; the status is what every HTTP client understands. */
function away(cause: Error): Error {
  const failure = new errors.TemporarilyUnavailable('a store or service is away; try again in a moment');
  return Object.assign(failure, { status: 503, statusCode: 503, cause });
}
