import { describe, expect, it } from '@jest/globals';
import { withTimeout } from '../with-timeout.ts';
import { asProblem } from './as-problem.ts';
import { notFound } from './problem.ts';

// As @prisma/client 7.10 over @prisma/adapter-pg throws it: PostgreSQL's own code is only in `meta`.
function prismaError(code: string): Error {
  const driverAdapterError = Object.assign(new Error(code), { cause: { originalCode: code, kind: 'postgres' } });
  return Object.assign(new Error('Database error.'), { code: 'P2039', meta: { driverAdapterError } });
}

describe('asProblem', () => {
  it.each([
    ['a statement timeout seen through Prisma', prismaError('57014')],
    ['a server that ends our connection seen through Prisma', prismaError('57P01')],
    ['a transaction of Prisma that ran out of time', Object.assign(new Error('Transaction API error'), { code: 'P2028' })],
    ['a statement that pg gave up on', new Error('Query read timeout')],
    ['a connection that broke between two queries', new Error('Client has encountered a connection error and is not queryable')],
    ['a pool without a free connection', new Error('timeout exceeded when trying to connect')],
    ['a refused connection as the cause', new Error('failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) })],
  ])('calls %s a service that is away', (_name, error) => {
    expect(asProblem(error)).toMatchObject({ code: 'service_unavailable', status: 503, retryAfterSeconds: 2 });
  });

  it('calls a store without an answer in time a service that is away', async () => {
    const error: unknown = await withTimeout(Promise.withResolvers().promise, 1).catch((reason: unknown) => reason);
    expect(asProblem(error).code).toBe('service_unavailable');
  });

  it('calls a wrong statement seen through Prisma a bug', () => {
    expect(asProblem(prismaError('42601')).code).toBe('internal_error');
  });

  it('leaves a problem as it is', () => {
    const problem = notFound('app');
    expect(asProblem(problem)).toBe(problem);
  });
});
