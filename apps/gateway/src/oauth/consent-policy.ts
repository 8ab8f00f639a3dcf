import { type KoaContextWithOIDC, errors, interactionPolicy } from 'oidc-provider';
import { type OAuthClient, requireApp } from './client-app.ts';
import { INSTALLATION_SCOPE } from './resources.ts';

const { Check, Prompt } = interactionPolicy;

/**
 * When a merchant has to be asked: always. The consent page also sees to the login, so that one answer of it settles both; `prompt=login`
 * makes it ask for a new one.
 */
export function consentPolicy(): interactionPolicy.Prompt[] {
  const isOpen = ({ oidc }: KoaContextWithOIDC): boolean => oidc.result?.consent === undefined;
  return [
    new Prompt({ name: 'login', requestable: true }),
    new Prompt({ name: 'consent', requestable: true }, new Check('consent_missing', 'the merchant has to agree', isOpen)),
  ];
}

/** State binds an answer to the browser that asked (RFC 6749, 10.12): here it is required. */
export function requireState(_ctx: KoaContextWithOIDC, state: string | undefined): void {
  if (state === undefined || state === '') throw new errors.InvalidRequest('state is required');
}

/** Without a scope all that the app's permissions ask for is meant; what no permission asks for is left out when tokens are made. */
export function defaultScope({ oidc }: KoaContextWithOIDC, scope: string | undefined, client: OAuthClient): void {
  const asked = scope === undefined || scope === '' ? requireApp(client).scopes : scope.split(' ');
  if (oidc.params !== undefined) oidc.params['scope'] = [...new Set([INSTALLATION_SCOPE, ...asked])].join(' ');
}

/** The grant of the consent that was just given: one consent, one grant, never one of before. */
export async function grantOfConsent({ oidc }: KoaContextWithOIDC) {
  const grantId = oidc.result?.consent?.grantId;
  return grantId === undefined ? undefined : await oidc.provider.Grant.find(grantId);
}
