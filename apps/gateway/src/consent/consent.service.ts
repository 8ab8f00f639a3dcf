import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Provider } from 'oidc-provider';
import { notFound } from '@hookwright/runtime';
import { Backends } from '../backends/backends.ts';
import { ENV, type GatewayEnv } from '../env.ts';
import { ConsentGrants } from '../grants/consent-grants.ts';
import { loginEndedPage } from '../login/login-ended.page.ts';
import { loginPath } from '../login/return-to.ts';
import { asMerchant } from '../merchant-session/as-merchant.ts';
import { csrfToken, isCsrfToken, isFromOwnPage } from '../merchant-session/csrf.ts';
import { type MerchantSession, MerchantSessions } from '../merchant-session/merchant-sessions.ts';
import { AuthorizationServer } from '../oauth/authorization-server.ts';
import type { FoundClient } from '../oauth/clients.ts';
import { messagePage } from '../pages/message.page.ts';
import type { PageAnswer } from '../pages/page-answer.ts';
import { agree, unlessStale } from './agree.ts';
import type { Decision } from './consent.controller.ts';
import { consentPage, donePage } from './consent.page.ts';
import { consentView } from './consent.view.ts';

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** A merchant who is logged in and looks at what an app asks for. */
interface Asking {
  readonly kind: 'asking';
  readonly interaction: Interaction;
  readonly session: MerchantSession;
  readonly client: FoundClient;
}

/** Asks a merchant for his consent and carries out what he decides. */
@Injectable()
export class ConsentService {
  constructor(
    private readonly server: AuthorizationServer,
    private readonly backends: Backends,
    private readonly sessions: MerchantSessions,
    private readonly grants: ConsentGrants,
    @Inject(ENV) private readonly env: GatewayEnv,
  ) {}

  async show(exchange: Exchange): Promise<PageAnswer> {
    const asking = await this.asking(exchange);
    return asking.kind === 'asking' ? await this.ask(asking) : asking;
  }

  async decide(exchange: Exchange, form: Decision): Promise<PageAnswer> {
    const asking = await this.asking(exchange);
    if (asking.kind === 'redirect') return { kind: 'page', html: loginEndedPage(asking.to) };
    if (asking.kind !== 'asking') return asking;
    const { interaction, session, client } = asking;
    const { merchantId } = session;
    const isOwn =
      isFromOwnPage(exchange.request.headers, this.env.PUBLIC_URL) && isCsrfToken(form.csrf, session.id, purposeOf(interaction));
    if (!isOwn) return { kind: 'page', status: 403, html: NOT_YOURS };
    if (form.decision === 'deny') return await this.finish(exchange, asking, DENIED);
    // From here on the app is installed, whatever becomes of the code.
    const agreement = { appId: client.app.id, session, form };
    const installation = await asMerchant(session, exchange.request, () =>
      unlessStale(this.grants.during(client.app, merchantId, () => agree(this.backends.registry, agreement))),
    );
    if (installation === undefined) return await this.ask(asking, { isStale: true });
    const grantId = await this.grants.create(client.app, installation);
    return await this.finish(exchange, asking, { login: { accountId: merchantId, remember: false }, consent: { grantId } });
  }

  /** Who asks whom; or where the browser has to go first. */
  private async asking({ request, reply }: Exchange): Promise<Asking | PageAnswer> {
    const interaction = await this.server.provider.interactionDetails(request.raw, reply.raw);
    const session = await this.sessions.find(request);
    if (session === undefined || isOfBefore(session, interaction)) {
      return { kind: 'redirect', to: loginPath(pathOf(interaction), { anew: wantsLogin(interaction) }) };
    }
    const { app, partnerName } = await this.backends.registry.getOAuthClient({ clientId: String(interaction.params['client_id']) });
    if (app === undefined) throw notFound('app');
    return { kind: 'asking', interaction, session, client: { app, partnerName } };
  }

  private async ask({ interaction, session, client }: Asking, { isStale = false } = {}): Promise<PageAnswer> {
    const { merchantId } = session;
    // Asked again when it is stale: the page has to show what there is now.
    const { app = client.app } = isStale ? await this.backends.registry.getOAuthClient({ clientId: client.app.clientId }) : client;
    const { installation } = await this.backends.registry.beginConsent({ appId: app.id, merchantId });
    if (installation === undefined) throw notFound('installation');
    const view = consentView({ app, partnerName: client.partnerName, installation, redirectUri: redirectUriOf(interaction) });
    const action = pathOf(interaction);
    const csrf = csrfToken(session.id, purposeOf(interaction));
    const html = consentPage({ view, merchantId, action, csrf, loginPath: loginPath(action, { anew: true }), isStale });
    return { kind: 'page', html, ...(isStale && { status: 409 }) };
  }

  private async finish({ request, reply }: Exchange, { interaction }: Asking, result: InteractionResult): Promise<PageAnswer> {
    const goTo = await this.server.provider.interactionResult(request.raw, reply.raw, result, { mergeWithLastSubmission: false });
    const returnsTo = new URL(redirectUriOf(interaction)).host;
    return { kind: 'page', html: donePage({ goTo, returnsTo, isInstalled: result !== DENIED }) };
  }
}

type InteractionResult = Parameters<Provider['interactionResult']>[2];

const DENIED: InteractionResult = { error: 'access_denied', error_description: 'the merchant did not agree' };

const NOT_YOURS = messagePage({
  title: 'This form is not from here',
  lines: ['Nothing was changed. Go back to the app and begin again.'],
});

/** `prompt=login`: the app wants the merchant to log in for this very request. */
function wantsLogin({ prompt }: Interaction): boolean {
  return prompt.name === 'login';
}

function isOfBefore({ loggedInFor }: MerchantSession, interaction: Interaction): boolean {
  return wantsLogin(interaction) && loggedInFor !== pathOf(interaction);
}

function pathOf({ uid }: Interaction): string {
  return `/oauth/interaction/${uid}`;
}

/** A form is good for one consent, and by its session for one merchant. */
function purposeOf({ uid }: Interaction): string {
  return `consent ${uid}`;
}

function redirectUriOf({ params }: Interaction): string {
  return String(params['redirect_uri']);
}
