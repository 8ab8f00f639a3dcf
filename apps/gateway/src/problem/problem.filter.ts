import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, NotFoundException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LOGGER, type Logger, Problem } from '@hookwright/runtime';
import { httpProblem } from './http-problem.ts';
import { RouteTable } from './route-table.ts';
import { sendProblem } from './send-problem.ts';

/** Answers everything that was thrown, ours, Nest's or Fastify's, as problem+json. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly routes: RouteTable,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  catch(error: unknown, host: ArgumentsHost): FastifyReply {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const problem = this.wrongMethod(error, request, reply) ?? httpProblem(error);
    if (problem.status >= 500) this.logFailure(problem, request);
    return sendProblem(problem, request, reply);
  }

  private wrongMethod(error: unknown, request: FastifyRequest, reply: FastifyReply): Problem | undefined {
    if (!(error instanceof NotFoundException)) return undefined;
    const methods = this.routes.methodsOf(request.url.split('?', 1)[0] ?? '');
    if (methods.length === 0 || methods.includes(request.method)) return undefined;
    reply.header('allow', methods.join(', '));
    return new Problem('method_not_allowed', `The resource has ${methods.join(', ')}.`);
  }

  private logFailure(problem: Problem, request: FastifyRequest): void {
    const fields = { request_id: request.id, code: problem.code, route: request.routeOptions.url };
    if (problem.code === 'service_unavailable') this.logger.warn({ ...fields, reason: problem.message }, 'request.unavailable');
    else this.logger.error({ ...fields, err: problem.cause ?? problem }, 'request.failed');
  }
}
