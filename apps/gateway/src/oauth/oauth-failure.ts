import { errors } from 'oidc-provider';
import { asProblem } from '@hookwright/runtime';

/** What went wrong, as oidc-provider answers it: its own errors as they are, a store or service that is away as `temporarily_unavailable` with 503. */
export function oauthFailure(error: unknown): Error {
  if (error instanceof errors.OIDCProviderError) return error;
  const problem = asProblem(error);
  return problem.code === 'service_unavailable' ? away(problem) : problem;
}

/** The code is RFC 6749's (4.1.2.1), which has it for the authorization endpoint; the status is what every HTTP client understands. */
function away(cause: Error): Error {
  const failure = new errors.TemporarilyUnavailable('a store or service is away; try again in a moment');
  return Object.assign(failure, { status: 503, statusCode: 503, cause });
}
