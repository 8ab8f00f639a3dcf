import { type ArgumentsHost, Catch, type ExceptionFilter, Inject } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errors } from 'oidc-provider';
import { LOGGER, type Logger, PROBLEMS } from '@hookwright/runtime';
import { MERCHANT_PATH } from '../merchants/merchant-paths.ts';
import { httpProblem } from '../problem/http-problem.ts';
import { type Message, messagePage } from './message.page.ts';
import { sendPage } from './page-answer.ts';

interface Failure {
  readonly status: number;
  readonly message: Message;
}

const EXPIRED: Failure = {
  status: 400,
  message: {
    title: 'This page has expired',
    lines: ['It was open for too long, or belongs to another browser. Nothing was installed. Go back to the app and begin again.'],
  },
};
const AWAY: Failure = {
  status: 503,
  message: { title: 'Not right now', lines: ['A part of the platform is away for a moment. Nothing is lost: load this page again.'] },
};

const SUSPENDED: Failure = {
  status: 409,
  message: { title: 'This app is suspended', lines: ['The platform has suspended it for the time being. Nothing was installed.'] },
};

/** Answers whatever goes wrong with a page as a page. */
@Catch()
export class PageFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const { status, message } = failureOf(error, wayBack(request));
    const fields = { request_id: request.id, route: request.routeOptions.url };
    if (status === 503) this.logger.warn({ ...fields, reason: (error as Error).message }, 'page.unavailable');
    else if (status >= 500) this.logger.error({ ...fields, err: error }, 'page.failed');
    if (status === 503) reply.header('retry-after', '2');
    await sendPage(reply, { kind: 'page', status, html: messagePage({ ...message, detail: `Request ${request.id}` }) });
  }
}

/** How somebody goes on whose page failed. */
type WayBack = Pick<Message, 'link'> & { readonly line: string };

function wayBack({ routeOptions: { url = '' } }: FastifyRequest): WayBack {
  if (!url.startsWith(MERCHANT_PATH)) return { line: 'Go back to the app and begin again.' };
  return { line: 'Nothing was changed.', link: { to: MERCHANT_PATH, text: 'All your apps' } };
}

function failureOf(error: unknown, { line, link }: WayBack): Failure {
  if (error instanceof errors.SessionNotFound) return EXPIRED;
  if (error instanceof errors.OIDCProviderError) return error.status === 503 ? AWAY : EXPIRED;
  const { status, code } = httpProblem(error);
  if (status === 503) return AWAY;
  if (code === 'app_suspended') return SUSPENDED;
  const { title } = PROBLEMS[code];
  return { status, message: { title: 'This did not work', lines: [`${title}. ${line}`], ...(link !== undefined && { link }) } };
}
