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
import { returnTo } from './return-to.ts';

/** How a merchant becomes known: by the demo login (MERCHANT_LOGIN=demo), or not at all. */
@Injectable()
export class LoginService {
  constructor(
    private readonly sessions: MerchantSessions,
    @Inject(ENV) private readonly env: GatewayEnv,
  ) {}

  show(page: string | undefined): PageAnswer {
    const back = returnTo(page);
    if (back === undefined) throw notFound('page');
    if (this.env.MERCHANT_LOGIN === 'off') return { kind: 'page', status: 503, html: NOT_SET_UP };
    return { kind: 'page', html: demoLoginPage({ returnTo: back }) };
  }

  /** A login changes who the browser belongs to: a form of another site must not do that either. */
  async logIn(
    { headers }: Pick<FastifyRequest, 'headers'>,
    { merchantId = '', returnTo: page }: { merchantId: string | undefined; returnTo: string | undefined },
  ): Promise<PageAnswer> {
    const back = returnTo(page);
    if (this.env.MERCHANT_LOGIN === 'off' || back === undefined || !isFromOwnPage(headers, this.env.PUBLIC_URL)) throw notFound('page');
    if (!merchantIdRule.safeParse(merchantId).success) {
      return {
        kind: 'page',
        status: 422,
        html: demoLoginPage({ returnTo: back, fault: 'A merchant id has 1 to 64 of A-Z a-z 0-9 _ . : -' }),
      };
    }
    return { kind: 'redirect', to: back, setCookie: await this.sessions.begin({ merchantId, subject: merchantId, loggedInFor: back }) };
  }
}

const NOT_SET_UP = messagePage({
  title: 'Merchants cannot log in here yet',
  lines: ['Whoever runs this platform has to set up the login of its merchants. Nothing was installed.'],
});
