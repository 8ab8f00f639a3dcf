import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { MerchantBrowser, type Visit } from '@hookwright/testkit';
import type { ProvisionedApp } from '../../system/provisioning.ts';
import { type Answer, ask, basic, type Question } from './ask.ts';

export type OAuthApp = Pick<ProvisionedApp, 'clientId' | 'clientSecret'>;

export interface Tokens {
  readonly access: string;
  readonly refresh: string;
}

/** Of every app here that merchants install in the browser. */
export const REDIRECT_URI = 'https://shipit.example/callback';

/** One authorization request (RFC 6749, 4.1.1; RFC 7636), and what its app needs to finish it. */
export class Authorization {
  readonly verifier = randomBytes(32).toString('base64url');
  readonly state = randomUUID();
  readonly #apiUrl: string;
  readonly #app: OAuthApp;

  constructor(apiUrl: string, app: OAuthApp) {
    this.#apiUrl = apiUrl;
    this.#app = app;
  }

  /** Where the app sends the merchant's browser; `more`: undefined leaves a parameter out. */
  url(more: Readonly<Record<string, string | undefined>> = {}): string {
    const parameters: Record<string, string | undefined> = {
      client_id: this.#app.clientId,
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      state: this.state,
      code_challenge: createHash('sha256').update(this.verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...more,
    };
    const given = Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined);
    return `/oauth/authorize?${new URLSearchParams(given).toString()}`;
  }

  /** Exchanges a code as the app would, or as `client` would; `more`: other parameters. */
  exchange(code: string, more: Readonly<Record<string, string>> = {}, client: OAuthApp = this.#app): Promise<Answer> {
    const form = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, code_verifier: this.verifier, ...more };
    return askToken(this.#apiUrl, client, form);
  }
}

/** What an app asks the token endpoint, or another of those that it authenticates itself at. */
export function askToken(
  apiUrl: string,
  { clientId, clientSecret }: OAuthApp,
  form: Readonly<Record<string, string>>,
  path = '/oauth/token',
): Promise<Answer> {
  return ask(apiUrl, { method: 'POST', path, form, headers: basic(clientId, clientSecret) });
}

/** A merchant with a browser of his own, who installs apps. */
export class Merchant {
  readonly browser: MerchantBrowser;
  readonly #apiUrl: string;
  readonly #id: string;

  constructor(apiUrl: string, id: string) {
    this.browser = new MerchantBrowser({ publicUrl: apiUrl, gatewayUrl: apiUrl });
    this.#apiUrl = apiUrl;
    this.#id = id;
  }

  /** Logs in, without an app. */
  async logIn(): Promise<void> {
    const { status, url } = await this.open('/merchant');
    if (status !== 200 || url.pathname !== '/merchant') throw new Error(`a login ended with ${status} at ${url.pathname}`);
  }

  /** The Cookie header of his login, as the browser sends it to the API. */
  get cookie(): string {
    return this.browser.cookieHeader(new URL('/v1', this.#apiUrl));
  }

  /** Asks the API by his login, as a script of a page of the platform does. */
  askApi(question: Question): Promise<Answer> {
    return ask(this.#apiUrl, { ...question, headers: { ...question.headers, cookie: this.cookie, origin: this.#apiUrl } });
  }

  /** Opens an authorization request, and logs in when that is asked for: the consent page, or whatever comes instead. */
  async open(url: string): Promise<Visit> {
    const visit = await this.browser.open(url);
    return visit.url.pathname === '/oauth/login' ? await this.browser.submit(visit, { set: { merchant_id: this.#id } }) : visit;
  }

  /** Agrees. Rejects when no code came back. */
  async agree(authorization: Authorization): Promise<string> {
    const { left, status, url } = await this.browser.submit(await this.open(authorization.url()), { press: 'decision=allow' });
    const code = left?.searchParams.get('code');
    if (code == null) throw new Error(`no code came back to the app, but ${status} at ${url.pathname}`);
    return code;
  }

  /** The whole way, to the app's tokens. Rejects when it ends before. */
  async install(app: OAuthApp): Promise<Tokens> {
    const authorization = new Authorization(this.#apiUrl, app);
    const answer = await authorization.exchange(await this.agree(authorization));
    if (answer.status !== 200) throw new Error(`a code was answered ${answer.status}: ${answer.text}`);
    return tokensOf(answer);
  }
}

export function tokensOf({ body }: Answer): Tokens {
  return { access: String(body['access_token']), refresh: String(body['refresh_token']) };
}
