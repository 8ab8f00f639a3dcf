import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { LOGGER, type Logger, withBudget } from '@hookwright/runtime';
import { MerchantSessions } from '../merchant-session/merchant-sessions.ts';
import type { PageAnswer } from '../pages/page-answer.ts';
import { HostIssuer, ISSUER_SECONDS, type KnownMerchant } from './host-issuer.ts';
import { loginFailed } from './login-failed.page.ts';
import { failureOf, reasonOf } from './login-failure.ts';
import { LoginsUnderWay } from './logins-under-way.ts';
import { countLogin } from './metrics.ts';
import { loginPath } from './return-to.ts';

// The issuer's time and Redis' own: a browser waits for it, no API caller (P3 of faults.md).
const BUDGET_MS = (ISSUER_SECONDS + 1) * 1000;

/** Merchants log in at the host platform's issuer (OpenID Connect Core 1.0, 3.1) and come back as who its ID token says they are. */
@Injectable()
export class OidcLogin {
  constructor(
    private readonly issuer: HostIssuer,
    private readonly underWay: LoginsUnderWay,
    private readonly sessions: MerchantSessions,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Sends a browser to the issuer; `anew`: it is to ask, even if it knows the browser. */
  async begin(request: FastifyRequest, returnTo: string, { anew }: { anew: boolean }): Promise<PageAnswer> {
    return await withBudget(performance.now() + BUDGET_MS, async () => {
      const { login, cookie } = await this.underWay.begin(request, returnTo);
      try {
        return { kind: 'redirect', to: await this.issuer.loginUrl(login, { anew }), setCookie: cookie };
      } catch (error) {
        return this.failed(request, returnTo, error);
      }
    });
  }

  /** A browser comes back from the issuer, with a code or an error. */
  async finish(request: FastifyRequest): Promise<PageAnswer> {
    return await withBudget(performance.now() + BUDGET_MS, async () => {
      const search = searchOf(request);
      const login = await this.underWay.take(request, new URLSearchParams(search).get('state'));
      if (login === undefined) {
        countLogin('expired');
        return loginFailed({ failure: 'expired', requestId: request.id });
      }
      const { returnTo } = login;
      let merchant: KnownMerchant;
      try {
        merchant = await this.issuer.merchantOf(search, login);
      } catch (error) {
        return this.failed(request, returnTo, error);
      }
      const setCookie = await this.sessions.begin({ ...merchant, loggedInFor: returnTo });
      countLogin('succeeded');
      return { kind: 'redirect', to: returnTo, setCookie };
    });
  }

  private failed({ id }: FastifyRequest, returnTo: string, error: unknown): PageAnswer {
    const failure = failureOf(error);
    countLogin(failure);
    this.logger.warn({ request_id: id, failure, reason: reasonOf(error) }, 'login.failed');
    return loginFailed({ failure, requestId: id, again: loginPath(returnTo, { anew: failure === 'no_merchant' }) });
  }
}

/** With its question mark. Of the request's URL nothing else counts: PUBLIC_URL says where we are. */
function searchOf({ url }: FastifyRequest): string {
  const at = url.indexOf('?');
  return at === -1 ? '' : url.slice(at);
}
