import { type KeyObject, randomUUID, sign } from 'node:crypto';

/** Whose assertion it is, and whom it is for. */
export interface Asserted {
  readonly clientId: string;
  /** The authorization server's issuer. */
  readonly audience: string;
  /** ed25519. */
  readonly key: KeyObject;
  /** Instead of the usual ones. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** What an app with keys authenticates itself with: a JWT for the authorization server, good for a minute and once (RFC 7523, 3). */
export function assertion({ clientId, audience, key, claims = {} }: Asserted): string {
  const text = unsigned('EdDSA', { ...claimsOf({ clientId, audience }), ...claims });
  return `${text}.${sign(null, Buffer.from(text), key).toString('base64url')}`;
}

/** The same claims in a JWT that says of itself that nobody signed it (RFC 7519, 6). */
export function forgedAssertion(of: Pick<Asserted, 'clientId' | 'audience'>): string {
  return forged(claimsOf(of));
}

/** A JWT without a signature. */
export function forged(claims: Readonly<Record<string, unknown>>): string {
  return `${unsigned('none', claims)}.`;
}

/** The fields of a form that carry an assertion. */
export function asserting(clientId: string, text: string): Readonly<Record<string, string>> {
  const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
  return { client_id: clientId, client_assertion_type, client_assertion: text };
}

function claimsOf({ clientId, audience }: Pick<Asserted, 'clientId' | 'audience'>): Readonly<Record<string, unknown>> {
  const nowS = Math.floor(Date.now() / 1000);
  return { iss: clientId, sub: clientId, aud: audience, jti: randomUUID(), iat: nowS, exp: nowS + 60 };
}

function unsigned(alg: string, claims: Readonly<Record<string, unknown>>): string {
  return [{ alg }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
}
