import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What an app gets for a code or a refresh token (RFC 6749, 5.1), or the error it gets instead (5.2). */
export interface TokenAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Client {
  readonly id: string;
  readonly secret: string;
}

interface Waiting {
  readonly client: Client;
  readonly verifier: string;
}

/**
 * The site of a partner's app, as he would write it: `/connect` sends a merchant's browser to the platform, `/callback` takes him back and
 * exchanges the code for tokens (RFC 6749, 4.1, with RFC 7636). It uses nothing of ours.
 */
export class AppSite {
  private readonly clients = new Map<string, Client>();
  private readonly waiting = new Map<string, Waiting>();
  private readonly tokens: TokenAnswer[] = [];

  private constructor(
    private readonly server: Server,
    private readonly issuer: string,
  ) {}

  static async start(issuer: string): Promise<AppSite> {
    const server = createServer();
    const site = new AppSite(server, issuer);
    server.on('request', (request, response) => {
      const url = new URL(request.url ?? '/', site.origin);
      site.answer(url, response).catch((error: unknown) => show(response, `Not connected: ${String(error)}`));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return site;
  }

  get redirectUri(): string {
    return `${this.origin}/callback`;
  }

  /** What the last merchant who came back with a code brought the app. */
  get lastTokens(): TokenAnswer {
    const last = this.tokens.at(-1);
    if (last === undefined) throw new Error('no merchant came back with a code');
    return last;
  }

  /** Where a merchant begins: the link "connect" of an app. */
  connectUrl(client: Client): string {
    this.clients.set(client.id, client);
    return `${this.origin}/connect?${new URLSearchParams({ id: client.id }).toString()}`;
  }

  /** A page that shows what the merchant is asked in a frame of its own. */
  frameUrl(client: Client): string {
    return this.connectUrl(client).replace('/connect?', '/frame?');
  }

  async refresh(client: Client, refreshToken: unknown): Promise<TokenAnswer> {
    return await this.ask(client, { grant_type: 'refresh_token', refresh_token: String(refreshToken) });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private async answer({ pathname, searchParams }: URL, response: ServerResponse): Promise<void> {
    const client = this.clients.get(searchParams.get('id') ?? '');
    if (pathname === '/connect' && client !== undefined) response.writeHead(303, { location: this.authorizeUrl(client) }).end();
    else if (pathname === '/frame') show(response, 'A frame', `<iframe src="/connect?id=${String(client?.id)}"></iframe>`);
    else if (pathname === '/callback') show(response, await this.comeBack(searchParams));
    else response.writeHead(404).end();
  }

  private authorizeUrl(client: Client): string {
    const state = randomUUID();
    const verifier = randomBytes(32).toString('base64url');
    this.waiting.set(state, { client, verifier });
    const parameters = new URLSearchParams({
      client_id: client.id,
      redirect_uri: this.redirectUri,
      response_type: 'code',
      state,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    });
    return `${this.issuer}/oauth/authorize?${parameters.toString()}`;
  }

  /** The heading of the page that the merchant sees. */
  private async comeBack(parameters: URLSearchParams): Promise<string> {
    const state = parameters.get('state') ?? '';
    const waiting = this.waiting.get(state);
    this.waiting.delete(state);
    if (waiting === undefined || parameters.get('iss') !== this.issuer) return 'Not from the platform';
    const code = parameters.get('code');
    if (code === null) return `Not connected: ${String(parameters.get('error'))}`;
    const { client, verifier } = waiting;
    const form = { grant_type: 'authorization_code', code, redirect_uri: this.redirectUri, code_verifier: verifier };
    const answer = await this.ask(client, form);
    this.tokens.push(answer);
    return answer.status === 200 ? 'Connected' : `Not connected: ${String(answer.body['error'])}`;
  }

  private async ask({ id, secret }: Client, form: Readonly<Record<string, string>>): Promise<TokenAnswer> {
    const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
    const request = { method: 'POST', headers: { authorization }, body: new URLSearchParams(form) };
    const response = await fetch(`${this.issuer}/oauth/token`, request);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
}

function show(response: ServerResponse, heading: string, more = ''): void {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end(`<!doctype html><html lang="en"><title>An app</title><h1>${heading}</h1>${more}`);
}
