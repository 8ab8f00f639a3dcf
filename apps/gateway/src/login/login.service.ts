import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { notFound } from '@hookwright/runtime';
import { ENV, type GatewayEnv } from '../env.ts';
import { isFromOwnPage } from '../merchant-session/csrf.ts';
import { MerchantSessions } from '../merchant-session/merchant-sessions.ts';
import { messagePage } from '../pages/message.page.ts';
import type { PageAnswer } from '../pages/page-answer.ts';
import { merchantId as merchantIdRule } from '../validation/fields.ts';
import { demoLoginPage } from './demo-login.page.ts';
import { countLogin } from './metrics.ts';
import { OidcLogin } from './oidc-login.ts';
import { returnTo } from './return-to.ts';

/** The page that sent the browser to the login, and whether it wants a new one. */
interface Asked {
  readonly returnTo: string | undefined;
  readonly prompt: 'login' | undefined;
}

/** How a merchant becomes known (MERCHANT_LOGIN): at the host platform's issuer, by the demo login, or not at all. */
@Injectable()
export class LoginService {
  constructor(
    private readonly sessions: MerchantSessions,
    private readonly oidc: OidcLogin,
    @Inject(ENV) private readonly env: GatewayEnv,
  ) {}

  async show(request: FastifyRequest, { returnTo: page, prompt }: Asked): Promise<PageAnswer> {
    const back = returnTo(page);
    if (back === undefined) throw notFound('page');
    switch (this.env.MERCHANT_LOGIN) {
      case 'off':
        return { kind: 'page', status: 503, html: NOT_SET_UP };
      case 'demo':
        return { kind: 'page', html: demoLoginPage({ returnTo: back }) };
      case 'oidc':
        return await this.oidc.begin(request, back, { anew: prompt === 'login' });
    }
  }

  /** A browser comes back from the host platform's issuer. */
  async comeBack(request: FastifyRequest): Promise<PageAnswer> {
    if (this.env.MERCHANT_LOGIN !== 'oidc') throw notFound('page');
    return await this.oidc.finish(request);
  }

  /** The demo login's form. A login changes who the browser belongs to: a form of another site must not do that either. */
  async logIn(
    { headers }: Pick<FastifyRequest, 'headers'>,
    { merchantId = '', returnTo: page }: { merchantId: string | undefined; returnTo: string | undefined },
  ): Promise<PageAnswer> {
    const back = returnTo(page);
    if (this.env.MERCHANT_LOGIN !== 'demo' || back === undefined || !isFromOwnPage(headers, this.env.PUBLIC_URL)) throw notFound('page');
    if (!merchantIdRule.safeParse(merchantId).success) {
      return {
        kind: 'page',
        status: 422,
        html: demoLoginPage({ returnTo: back, fault: 'A merchant id has 1 to 64 of A-Z a-z 0-9 _ . : -' }),
      };
    }
    const setCookie = await this.sessions.begin({ merchantId, subject: merchantId, loggedInFor: back });
    countLogin('succeeded');
    return { kind: 'redirect', to: back, setCookie };
  }
}

const NOT_SET_UP = messagePage({
  title: 'Merchants cannot log in here yet',
  lines: ['Whoever runs this platform has to set up the login of its merchants. Nothing was installed.'],
});
