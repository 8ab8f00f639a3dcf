import type { Provider } from 'oidc-provider';
import type { KeyMode } from '../access/caller.ts';

/** oidc-provider's client: who asks for tokens. */
export type OAuthClient = InstanceType<Provider['Client']>;

/** The app that is a client. The platform's own client (INTROSPECTION_SECRET) is none. */
export interface ClientApp {
  readonly id: string;
  readonly partnerId: string;
  readonly mode: KeyMode;
  /** Every scope that a permission of the app asks for. */
  readonly scopes: readonly string[];
}

/** The member of a client's metadata that has the app. */
export const CLIENT_APP = 'hookwright_app';

export function appOf(client: OAuthClient | undefined): ClientApp | undefined {
  return client?.[CLIENT_APP] as ClientApp | undefined;
}

/** For what only apps get, e.g. tokens. */
export function requireApp(client: OAuthClient | undefined): ClientApp {
  const app = appOf(client);
  if (app === undefined) throw new Error('only a client that is an app gets here');
  return app;
}
