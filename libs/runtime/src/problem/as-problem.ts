import { Problem, unavailable } from './problem.ts';

// PostgreSQL, Redis and Kafka clients name a lost store by these codes (Node's system errors; PostgreSQL appendix A, classes 08, 53 and 57P; Prisma P1xxx, P2024, P2028, P2037).
const STORE_AWAY = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  '53300',
  '57P01',
  '57P02',
  '57P03',
  '55P03',
  '57014',
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'P2028',
  'P2037',
]);
const AWAY_MESSAGE =
  /no answer within|query read timeout|is not queryable|connection (terminated|timeout|is closed|ended)|timeout exceeded when trying to connect|Can't reach database|server closed the connection|not connected|too many clients|remaining connection slots/i;
const MAX_CAUSES = 5;

/** Any thrown value as a problem: itself, a store that is away, or a bug. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isStoreAway(error)) return unavailable('A store', error);
  return new Problem('internal_error', 'Something went wrong on our side; it was logged with this request id.', { cause: error });
}

/** Where an error says what it is. Prisma has the driver's error, with PostgreSQL's own code, in `meta`. */
interface Links {
  readonly code?: unknown;
  readonly originalCode?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
  readonly meta?: { readonly driverAdapterError?: unknown } | undefined;
}

/** Whether an error, or one of its causes, says that a store cannot be reached: to be tried again, not a bug. */
export function isStoreAway(error: unknown): boolean {
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES && typeof cause === 'object' && cause !== null; depth++) {
    const { code, message, cause: next, originalCode, meta } = cause as Links;
    if (STORE_AWAY.has(String(code)) || STORE_AWAY.has(String(originalCode))) return true;
    if (typeof message === 'string' && AWAY_MESSAGE.test(message)) return true;
    cause = next ?? meta?.driverAdapterError;
  }
  return false;
}
