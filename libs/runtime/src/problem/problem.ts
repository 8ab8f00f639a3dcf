import { PROBLEMS, type ProblemCode } from './problems.ts';

/** What is wrong with one field of a body; `pointer` is a JSON Pointer (RFC 6901) into it. */
export interface FieldError {
  readonly pointer: string;
  readonly code: ProblemCode;
  readonly message: string;
}

export interface ProblemDetails {
  readonly errors?: readonly FieldError[];
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** A failure with an answer for the caller (RFC 9457). Travels over gRPC as itself; `detail` must be fit for strangers. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly errors: readonly FieldError[];
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ProblemCode, detail: string, { errors = [], retryAfterSeconds, cause }: ProblemDetails = {}) {
    super(detail, { cause });
    this.name = 'Problem';
    this.code = code;
    this.errors = errors;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }
}

/** Not there, or another tenant's: the answer is the same, so that ids cannot be probed. */
export function notFound(what: string): Problem {
  return new Problem('not_found', `There is no such ${what}.`);
}

/** A dependency is away and nothing was stored: the caller may try again. */
export function unavailable(what: string, cause?: unknown): Problem {
  return new Problem('service_unavailable', `${what} is not available right now; nothing was changed.`, { retryAfterSeconds: 2, cause });
}

/** One or more wrong fields. When all are wrong for the same reason, that is the problem's code, else `validation_failed`. */
export function validationFailed(errors: readonly FieldError[]): Problem {
  const [first] = errors;
  const same = first !== undefined && errors.every((error) => error.code === first.code);
  const detail = first === undefined ? 'The request has wrong fields.' : `${first.pointer || 'body'}: ${first.message}`;
  return new Problem(same ? first.code : 'validation_failed', detail, { errors });
}
