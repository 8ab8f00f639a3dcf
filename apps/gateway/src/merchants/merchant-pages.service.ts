import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { InstallationStatus } from '@hookwright/contracts';
import { Problem, notFound } from '@hookwright/runtime';
import type { PageQuery } from '../apps/apps.reader.ts';
import { permissionsView } from '../consent/consent.view.ts';
import { ENV, type GatewayEnv } from '../env.ts';
import { loginEndedPage } from '../login/login-ended.page.ts';
import { loginPath } from '../login/return-to.ts';
import { asMerchant } from '../merchant-session/as-merchant.ts';
import { csrfToken, isCsrfToken, isFromOwnPage } from '../merchant-session/csrf.ts';
import { type MerchantSession, MerchantSessions } from '../merchant-session/merchant-sessions.ts';
import type { PageAnswer } from '../pages/page-answer.ts';
import { appPage, appsPage } from './apps.pages.ts';
import { LOGGED_OUT, changedPage, permissionsPage, removePage, removedPage } from './change.pages.ts';
import { LOGOUT_PATH, MERCHANT_PATH, appPath } from './merchant-paths.ts';
import type { MerchantsInstallation } from './merchant-installation.schema.ts';
import { MerchantInstallationsService } from './merchant-installations.service.ts';
import type { ChangeForm } from './merchant-pages.controller.ts';

/** A merchant's pages: each is for the one who is logged in, and leads to the login first when nobody is. */
@Injectable()
export class MerchantPagesService {
  constructor(
    private readonly sessions: MerchantSessions,
    private readonly installations: MerchantInstallationsService,
    @Inject(ENV) private readonly env: GatewayEnv,
  ) {}

  async apps(request: FastifyRequest, page: PageQuery): Promise<PageAnswer> {
    return await this.forMerchant(request, MERCHANT_PATH, async (session) => {
      const { merchantId } = session;
      const { found, nextCursor } = await this.installations.list(merchantId, page);
      const logoutToken = csrfToken(session.id, LOGOUT_PATH);
      return shown(appsPage({ merchantId, found, nextCursor, isFirst: page.cursor === '', logoutToken }));
    });
  }

  async app(request: FastifyRequest, installationId: string): Promise<PageAnswer> {
    return await this.forMerchant(request, appPath(installationId), async (session) => {
      return shown(appPage(await this.going(session, installationId)));
    });
  }

  async askToRevoke(request: FastifyRequest, installationId: string): Promise<PageAnswer> {
    const path = appPath(installationId, 'revoke');
    return await this.forMerchant(request, path, async (session) => {
      return shown(removePage(await this.going(session, installationId), csrfToken(session.id, path)));
    });
  }

  /** Whoever sends the form twice is told twice that the app is removed. */
  async revoke(request: FastifyRequest, installationId: string, csrf: string): Promise<PageAnswer> {
    const path = appPath(installationId, 'revoke');
    return await this.forMerchant(request, path, async (session) => {
      this.checkForm(request, session, { csrf, path });
      const { merchantId } = session;
      const revoked = await asMerchant(session, request, () => this.installations.revoke({ merchantId, installationId }, ''));
      return shown(removedPage(revoked));
    });
  }

  async permissions(request: FastifyRequest, installationId: string): Promise<PageAnswer> {
    return await this.forMerchant(request, appPath(installationId, 'permissions'), (session) => this.askForChange(session, installationId));
  }

  async change(request: FastifyRequest, installationId: string, form: ChangeForm): Promise<PageAnswer> {
    const path = appPath(installationId, 'permissions');
    return await this.forMerchant(request, path, async (session) => {
      this.checkForm(request, session, { csrf: form.csrf, path });
      const found = await this.going(session, installationId);
      const installation = await asMerchant(session, request, () => this.installations.change(found, { session, form }));
      if (installation === undefined) return await this.askForChange(session, installationId, { isStale: true });
      return shown(changedPage({ ...found, installation }));
    });
  }

  async logOut(request: FastifyRequest, csrf: string): Promise<PageAnswer> {
    const session = await this.sessions.find(request);
    // Another site's form comes without the cookie: the answer must not take it away.
    if (session === undefined) return shown(LOGGED_OUT);
    this.checkForm(request, session, { csrf, path: LOGOUT_PATH });
    return { kind: 'page', html: LOGGED_OUT, setCookie: await this.sessions.end(request) };
  }

  private async askForChange(session: MerchantSession, installationId: string, { isStale = false } = {}): Promise<PageAnswer> {
    const found = await this.going(session, installationId);
    const csrf = csrfToken(session.id, appPath(installationId, 'permissions'));
    const { merchantId } = session;
    const html = permissionsPage({ view: permissionsView(found), installation: found.installation, merchantId, csrf, isStale });
    return { kind: 'page', html, ...(isStale && { status: 409 }) };
  }

  /** What `work` answers the merchant who is logged in; the login, which leads back to the page, when nobody is. */
  private async forMerchant(
    request: FastifyRequest,
    path: string,
    work: (session: MerchantSession) => Promise<PageAnswer>,
  ): Promise<PageAnswer> {
    const session = await this.sessions.find(request);
    if (session !== undefined) return await work(session);
    const login = loginPath(path);
    return request.method === 'POST' ? shown(loginEndedPage(login)) : { kind: 'redirect', to: login };
  }

  /** Throws `not_found` also for one that has ended: there is nothing to see of it, and nothing to do with it. */
  private async going({ merchantId }: MerchantSession, installationId: string): Promise<MerchantsInstallation> {
    const found = await this.installations.get({ merchantId, installationId });
    if (found.installation.status === InstallationStatus.REVOKED) throw notFound('installation');
    return found;
  }

  /** A form is good for one page, and by its session for one merchant. */
  private checkForm({ headers }: FastifyRequest, { id }: MerchantSession, { csrf, path }: { csrf: string; path: string }): void {
    if (isFromOwnPage(headers, this.env.PUBLIC_URL) && isCsrfToken(csrf, id, path)) return;
    throw new Problem('cross_site_request', 'The form was not sent by the page that it is on.');
  }
}

function shown(html: string): PageAnswer {
  return { kind: 'page', html };
}
