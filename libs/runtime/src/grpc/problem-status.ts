import { Metadata, type StatusObject, status as Status } from '@grpc/grpc-js';
import { type FieldError, Problem } from '../problem/problem.ts';
import { PROBLEMS, type ProblemCode } from '../problem/problems.ts';

// A key that ends in -bin may carry any bytes (gRPC over HTTP/2, "Custom-Metadata").
const PROBLEM_KEY = 'problem-bin';
// Peers may refuse metadata over 8 KiB (gRPC's default); base64 adds a third, and detail and status want room too.
const MAX_ERRORS_BYTES = 4096;
const MAX_TEXT_LENGTH = 400;

const STATUS_OF_HTTP: Readonly<Record<number, Status>> = {
  400: Status.INVALID_ARGUMENT,
  401: Status.UNAUTHENTICATED,
  403: Status.PERMISSION_DENIED,
  404: Status.NOT_FOUND,
  409: Status.ALREADY_EXISTS,
  412: Status.FAILED_PRECONDITION,
  422: Status.INVALID_ARGUMENT,
  429: Status.RESOURCE_EXHAUSTED,
  503: Status.UNAVAILABLE,
};

interface WireProblem {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors: readonly FieldError[];
  readonly retryAfterSeconds?: number | undefined;
}

/** A problem as the status that ends a gRPC call. */
export function statusOfProblem(problem: Problem): Pick<StatusObject, 'code' | 'details' | 'metadata'> {
  const { code, message, retryAfterSeconds } = problem;
  const wire: WireProblem = { code, detail: cut(message), errors: fitting(problem.errors), retryAfterSeconds };
  const metadata = new Metadata();
  metadata.set(PROBLEM_KEY, Buffer.from(JSON.stringify(wire)));
  return { code: STATUS_OF_HTTP[problem.status] ?? Status.INTERNAL, details: code, metadata };
}

/** The problem that a failed call carries; a call that never reached the service is `service_unavailable`. */
export function problemOfStatus(status: Pick<StatusObject, 'code' | 'metadata'>, service: string): Problem {
  const [bytes] = status.metadata.get(PROBLEM_KEY);
  const wire = Buffer.isBuffer(bytes) ? parseWire(bytes) : undefined;
  if (wire !== undefined) return problemOfWire(wire);
  const away = status.code === Status.UNAVAILABLE || status.code === Status.DEADLINE_EXCEEDED || status.code === Status.CANCELLED;
  if (away) return new Problem('service_unavailable', `${service} is not available right now.`, { retryAfterSeconds: 2, cause: status });
  return new Problem('internal_error', `${service} failed.`, { cause: status });
}

/** The first errors, as many as metadata can carry. */
function fitting(errors: readonly FieldError[]): FieldError[] {
  let bytes = 0;
  const short = errors.map((error) => ({ ...error, pointer: cut(error.pointer), message: cut(error.message) }));
  return short.filter((error) => (bytes += Buffer.byteLength(JSON.stringify(error))) < MAX_ERRORS_BYTES);
}

function cut(text: string): string {
  return text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}…` : text;
}

/** Undefined when it is none of ours: this runs where nobody could catch. */
function parseWire(bytes: Buffer): WireProblem | undefined {
  try {
    return JSON.parse(bytes.toString()) as WireProblem;
  } catch {
    return undefined;
  }
}

function problemOfWire({ code, detail, errors, retryAfterSeconds }: WireProblem): Problem {
  const known = Object.hasOwn(PROBLEMS, code) ? code : 'internal_error';
  return new Problem(known, detail, { errors, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) });
}
