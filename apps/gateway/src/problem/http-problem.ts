import { HttpException } from '@nestjs/common';
import { Problem, type ProblemCode, asProblem } from '@hookwright/runtime';

const BY_FASTIFY_CODE: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['body_too_large', 'A body may have 1 MiB at most.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['unsupported_media_type', 'Send application/json.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid_request', 'The body is not as long as content-length says.'],
  FST_ERR_BAD_URL: ['invalid_request', 'The URL is not valid.'],
  FST_ERR_MAX_PARAM_LENGTH: ['uri_too_long', 'A part of the path is too long.'],
};

const BY_STATUS: Readonly<Record<number, readonly [ProblemCode, string]>> = {
  404: ['not_found', 'There is no such resource.'],
  408: ['request_timeout', 'The request did not arrive in time.'],
  413: ['body_too_large', 'A body may have 1 MiB at most.'],
  414: ['uri_too_long', 'The URL is too long.'],
  415: ['unsupported_media_type', 'Send application/json.'],
  503: ['service_unavailable', 'The gateway is stopping.'],
};

/** What Nest, Fastify or our own code threw, as a problem. Never lets a foreign message out that was not meant for callers. */
export function httpProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const byCode = BY_FASTIFY_CODE[fastifyCode(error)];
  if (byCode !== undefined) return new Problem(byCode[0], byCode[1], { cause: error });
  const status = statusOf(error);
  if (status === undefined || status === 500) return asProblem(error);
  const [code, detail] = BY_STATUS[status] ?? ['invalid_request', 'The request cannot be read.'];
  return new Problem(code, detail, { cause: error });
}

function fastifyCode(error: unknown): string {
  const { code, cause } = error as { code?: string; cause?: { code?: string } };
  return code ?? cause?.code ?? '';
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const { statusCode } = error as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : undefined;
}
