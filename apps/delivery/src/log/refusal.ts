// Classes of SQLSTATE (PostgreSQL, Appendix A): data exception, integrity constraint violation, program limit exceeded.
const OF_THE_DATA = /^(22|23|54)/;
// What PostgreSQL's types cannot hold is found when the parameters are made. By name: Node's own errors are of another realm in tests.
const OF_THE_PARAMETERS = new Set(['RangeError', 'TypeError']);

export const UNIQUE_VIOLATION = '23505';

/** Whether a statement failed for what it was to store: trying again would fail again, for ever. Anything else is the database's state. */
export function isRefusal(error: Error): boolean {
  return OF_THE_PARAMETERS.has(error.name) || OF_THE_DATA.test(codeOf(error));
}

/** The SQLSTATE of an error of PostgreSQL; empty for any other. */
export function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}
