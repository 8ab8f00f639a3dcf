import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { Actor, type Installation, InstallationSchema, InstallationStatus, Mode } from '@hookwright/contracts';
import { Problem, notFound } from '@hookwright/runtime';
import { MerchantBrowser, type Visit } from '@hookwright/testkit';
import { type Answered, type Gateway, PUBLIC_URL } from './gateway.ts';
import { type Client, type KnownClients, basic, postForm } from './oauth.ts';

export const REDIRECT_URI = 'https://shipit.example/callback';
const { ACTIVE, PENDING_CONSENT, PENDING_PERMISSION_UPGRADE, REVOKED, SUSPENDED } = InstallationStatus;
const PARTNER_NAME = 'Ship It Inc.';

/** Installations as the registry's stand-in keeps them: each merchant may have one of each app. */
export class Installs {
  readonly all = new Map<string, Installation>();

  constructor(
    private readonly gateway: Gateway,
    private readonly clients: KnownClients,
  ) {}

  /** To be called after `expectNothing`. */
  answer(): void {
    const { registry } = this.gateway;
    registry.handlers.beginConsent = ({ appId, merchantId }) => ({ installation: this.of(appId, merchantId) });
    registry.handlers.getInstallation = ({ appId, installationId }) => ({ installation: this.byId(appId, installationId) });
    registry.handlers.install = ({ appId, merchantId, installedBy, consent, scopes }) => {
      const known = this.of(appId, merchantId);
      const { permissions, revision } = this.clients.permissionsOf(appId);
      if (consent !== undefined && consent.permissionRevision !== revision)
        throw new Problem('conflict', 'The app asks for something else now.');
      if (consent?.generation !== undefined && (consent.generation !== known.generation || known.status === REVOKED))
        throw new Problem('installation_not_active', 'The installation was revoked.');
      const agreed = permissions.filter(({ id, optional }) => !optional || consent?.permissions.includes(id));
      const granted = consent === undefined ? scopes : agreed.flatMap((permission) => permission.scopes);
      const isNew = known.status === REVOKED || known.status === PENDING_CONSENT;
      const generation = known.generation + (known.status === REVOKED ? 1 : 0);
      const changed = {
        ...((isNew || known.status === PENDING_PERMISSION_UPGRADE) && { status: ACTIVE, generation }),
        installedBy,
        grantedScopes: granted,
        grantedPermissions: agreed.map(({ id }) => id),
      };
      return { installation: this.change(known, changed), created: isNew };
    };
    const change = (status: InstallationStatus) => (request: { appId: string; installationId: string; actor: Actor }) => ({
      installation: this.change(this.byId(request.appId, request.installationId), { status, revokedBy: request.actor }),
    });
    Object.assign(registry.handlers, {
      revokeInstallation: change(REVOKED),
      suspendInstallation: change(SUSPENDED),
      unsuspendInstallation: change(ACTIVE),
      listMerchantInstallations: ({ merchantId }: { merchantId: string }) => ({ installations: this.named(merchantId) }),
      getMerchantInstallation: ({ merchantId, installationId }: { merchantId: string; installationId: string }) => {
        const found = [...this.all.values()].find(({ id, status }) => id === installationId && status !== PENDING_CONSENT);
        if (found?.merchantId !== merchantId) throw notFound('installation');
        return { installation: found, app: this.clients.appOf(found.appId), partnerName: PARTNER_NAME };
      },
    });
  }

  private named(merchantId: string) {
    const own = [...this.all.values()].filter((installation) => installation.merchantId === merchantId);
    const goingOn = own.filter(({ status }) => status !== REVOKED && status !== PENDING_CONSENT);
    return goingOn.map((installation) => {
      const { name = '', mode = Mode.LIVE } = this.clients.appOf(installation.appId) ?? {};
      return { installation, appName: name, partnerName: PARTNER_NAME, mode };
    });
  }

  /** Of an app at a merchant; one that waits for consent when there is none. */
  of(appId: string, merchantId: string): Installation {
    const key = `${appId} ${merchantId}`;
    const known = this.all.get(key);
    if (known !== undefined) return known;
    const waiting = { id: `ins_${randomUUID().replaceAll('-', '')}`, appId, merchantId, status: PENDING_CONSENT, generation: 1 };
    const begun = create(InstallationSchema, waiting);
    this.all.set(key, begun);
    return begun;
  }

  change(known: Installation, more: Partial<Installation>): Installation {
    const changed = create(InstallationSchema, { ...known, ...more, sequence: known.sequence + 1 });
    this.all.set(`${known.appId} ${known.merchantId}`, changed);
    return changed;
  }

  private byId(appId: string, id: string): Installation {
    const found = [...this.all.values()].find((installation) => installation.id === id && installation.appId === appId);
    if (found === undefined) throw notFound('installation');
    return found;
  }
}

/** One authorization request (RFC 6749, 4.1.1; RFC 7636) and what is needed to finish it. */
export class Authorization {
  readonly verifier = randomBytes(32).toString('base64url');
  readonly state = randomUUID();

  constructor(
    readonly client: Client,
    private readonly gateway: Gateway,
  ) {}

  /** Where the app sends the merchant's browser; `more`: undefined leaves a parameter out. */
  url(more: Readonly<Record<string, string | undefined>> = {}): string {
    const challenge = createHash('sha256').update(this.verifier).digest('base64url');
    const parameters: Record<string, string | undefined> = {
      client_id: this.client.clientId,
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      state: this.state,
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...more,
    };
    const given = Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined);
    return `/oauth/authorize?${new URLSearchParams(given).toString()}`;
  }

  /** Exchanges a code as the app would; `more`: other parameters. */
  async exchange(code: string, more: Record<string, string> = {}, { clientId, secret }: Client = this.client): Promise<Answered> {
    const form = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, code_verifier: this.verifier, ...more };
    return await postForm(this.gateway, '/oauth/token', form, basic(clientId, secret));
  }
}

export function newBrowser(gateway: Gateway): MerchantBrowser {
  return new MerchantBrowser({ publicUrl: PUBLIC_URL, gatewayUrl: gateway.url });
}

/** Opens an authorization request and logs in as a demo merchant: the consent page. */
export async function openConsent(browser: MerchantBrowser, url: string, merchantId = 'mer_demo_1'): Promise<Visit> {
  const visit = await browser.open(url);
  return visit.url.pathname === '/oauth/login' ? await browser.submit(visit, { press: `merchant_id=${merchantId}` }) : visit;
}

/** The whole way: the merchant agrees and the app has its code. */
export async function agree(browser: MerchantBrowser, authorization: Authorization, merchantId = 'mer_demo_1'): Promise<string> {
  const page = await openConsent(browser, authorization.url(), merchantId);
  const { left, status, html } = await browser.submit(page, { press: 'decision=allow' });
  const code = left?.searchParams.get('code');
  if (code == null) throw new Error(`no code came back: ${left?.href ?? `${status} ${html}`}`);
  return code;
}
