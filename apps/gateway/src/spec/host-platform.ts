import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type KoaContextWithOIDC, Provider } from 'oidc-provider';
import { MerchantBrowser } from '@hookwright/testkit';
import { PUBLIC_URL } from './gateway.ts';

type Claims = Readonly<Record<string, unknown>>;

/** What becomes of an ID token on its way to the gateway. */
export interface Forgery {
  readonly claims?: Claims;
  readonly header?: Claims;
  readonly key?: KeyObject;
}

export const CLIENT = { id: 'hookwright', secret: 'a-secret-of:the specs+only%' };
/** The claim that names the merchant, of the scope `merchant`. */
export const MERCHANT_CLAIM = 'https://platform.example/merchant';

/**
 * The host platform's issuer: oidc-provider, on a port of its own, without TLS. Whoever comes to its login page is `person`, without a word.
 */
export class HostPlatform {
  /** Undefined: does not want to log in. */
  person: { readonly sub: string; readonly merchant?: unknown } | undefined = { sub: 'person_7', merchant: 'mer_7' };
  forgery: Forgery | undefined;
  /** In place of its own answers, by path. */
  answers: Readonly<Record<string, (response: ServerResponse) => void>> = {};
  /** How often it showed its login page. */
  asked = 0;
  private readonly key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  private readonly provider: Provider;

  private constructor(
    private server: Server,
    private readonly port: number,
  ) {
    this.provider = this.makeProvider();
    this.answerBy(server);
  }

  static async start(): Promise<HostPlatform> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new HostPlatform(server, (server.address() as AddressInfo).port);
  }

  get issuer(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** A browser that visits the platform; it leaves for the gateway. */
  newBrowser(): MerchantBrowser {
    return new MerchantBrowser({ publicUrl: this.issuer, gatewayUrl: this.issuer });
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  /** On the same port, unless it runs. */
  async startAgain(): Promise<void> {
    if (this.server.listening) return;
    this.server = createServer().listen(this.port, '127.0.0.1');
    this.answerBy(this.server);
    await once(this.server, 'listening');
  }

  /** As it was made. */
  reset(): void {
    this.person = { sub: 'person_7', merchant: 'mer_7' };
    this.forgery = undefined;
    this.answers = {};
    this.asked = 0;
  }

  private makeProvider(): Provider {
    const jwk = { ...this.key.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'ES256' };
    const provider = new Provider(this.issuer, {
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          redirect_uris: [`${PUBLIC_URL}/oauth/login/callback`],
          response_types: ['code'],
          grant_types: ['authorization_code'],
          id_token_signed_response_alg: 'ES256',
        },
      ],
      jwks: { keys: [jwk] },
      claims: { openid: ['sub'], merchant: [MERCHANT_CLAIM] },
      conformIdTokenClaims: false,
      cookies: { keys: ['of-the-specs-only'] },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
      findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub, [MERCHANT_CLAIM]: this.person?.merchant }) }),
      loadExistingGrant: agreedToAll,
    });
    provider.silent = true;
    provider.use(async (ctx, next) => {
      await next();
      this.forge(ctx);
    });
    return provider;
  }

  private answerBy(server: Server): void {
    const answer = this.provider.callback();
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const { pathname } = new URL(request.url ?? '/', this.issuer);
      const own = this.answers[pathname];
      if (own !== undefined) own(response);
      else if (pathname.startsWith('/interaction/')) void this.logIn(request, response);
      else void answer(request, response);
    });
  }

  private async logIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.asked += 1;
    const { person } = this;
    const result = person === undefined ? { error: 'access_denied' } : { login: { accountId: person.sub } };
    await this.provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }

  private forge(ctx: { readonly oidc?: KoaContextWithOIDC['oidc']; body: unknown }): void {
    const { oidc } = ctx;
    const { forgery, key } = this;
    const body = ctx.body as { readonly id_token?: string } | undefined;
    if (oidc?.route !== 'token' || body?.id_token === undefined || forgery === undefined) return;
    const [header, claims] = body.id_token
      .split('.', 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString('latin1')) as Claims);
    const forged = { header: { ...header, ...forgery.header }, claims: { ...claims, ...forgery.claims }, key: forgery.key ?? key };
    ctx.body = { ...body, id_token: signed(forged) };
  }
}

/** A JWT with ES256 (RFC 7515; RFC 7518, 3.4); without a signature when its header has `alg: none`. */
function signed({ header, claims, key }: { header: Claims; claims: Claims; key: KeyObject }): string {
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  return `${text}.${header['alg'] === 'none' ? '' : signature}`;
}

/** The platform's merchants are not asked whether Hookwright may know who they are. */
async function agreedToAll({ oidc }: KoaContextWithOIDC) {
  const { client, session, provider } = oidc;
  const grant = new provider.Grant({ clientId: client?.clientId ?? '', accountId: session?.accountId ?? '' });
  grant.addOIDCScope('openid merchant');
  await grant.save();
  return grant;
}
