import type { AdapterPayload } from 'oidc-provider';
import { z } from 'zod';

/** What a token says beside scope and times; introspection tells it too. */
const ofApp = z.object({ app_id: z.string(), partner_id: z.string(), mode: z.enum(['live', 'test']) });
const ofInstallation = ofApp.extend({ merchant_id: z.string(), installation_id: z.string() });

export type AppClaims = z.infer<typeof ofApp>;
export type InstallationClaims = z.infer<typeof ofInstallation>;

const payload = z.object({ scope: z.string().default('') });
const appToken = payload.extend({ extra: ofApp });
const installationToken = payload.extend({ extra: ofInstallation });

interface Read<Claims> {
  readonly claims: Claims;
  readonly scopes: readonly string[];
}

/** Of a token of the client_credentials grant. */
export function readAppToken(stored: AdapterPayload): Read<AppClaims> {
  const { extra, scope } = appToken.parse(stored);
  return { claims: extra, scopes: scopes(scope) };
}

/** Of an access token that a merchant's consent led to. */
export function readInstallationToken(stored: AdapterPayload): Read<InstallationClaims> {
  const { extra, scope } = installationToken.parse(stored);
  return { claims: extra, scopes: scopes(scope) };
}

function scopes(text: string): readonly string[] {
  return text.split(' ').filter((scope) => scope !== '');
}
