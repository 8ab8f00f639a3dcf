import { Catch, type ExceptionFilter } from '@nestjs/common';
import type { Logger } from 'pino';
import { type Observable, throwError } from 'rxjs';
import { asProblem } from '../problem/as-problem.ts';
import { statusOfProblem } from './problem-status.ts';

/** Ends a failed gRPC call with a problem; what is a bug is logged here and answered as `internal_error`. */
@Catch()
export class ProblemRpcFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown): Observable<never> {
    const problem = asProblem(error);
    if (problem.status >= 500) this.logger.error({ err: error, code: problem.code }, 'grpc.call_failed');
    return throwError(() => statusOfProblem(problem));
  }
}
