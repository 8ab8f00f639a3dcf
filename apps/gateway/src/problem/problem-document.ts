import { type FieldError, PROBLEMS, type Problem, type ProblemCode } from '@hookwright/runtime';

/** The body of every failed answer (RFC 9457). */
export interface ProblemDocument {
  /** Where the code is explained; relative to the gateway. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: ProblemCode;
  readonly request_id: string;
  readonly errors?: readonly FieldError[];
}

export function problemDocument(problem: Problem, path: string, requestId: string): ProblemDocument {
  const { code, message: detail, errors } = problem;
  const { status, title } = PROBLEMS[code];
  const document = { type: problemType(code), title, status, detail, instance: path, code, request_id: requestId };
  return errors.length === 0 ? document : { ...document, errors };
}

export function problemType(code: ProblemCode): string {
  return `/docs/errors#${code}`;
}
