import { Scheme } from '@hookwright/contracts';

/** How a secret signs: `v1` HMAC-SHA256, `v1a` ed25519. Stored by these names. */
export type SchemeName = 'v1' | 'v1a';

/** Undefined for UNSPECIFIED and for what a newer version knows. */
export function schemeName(scheme: Scheme): SchemeName | undefined {
  if (scheme === Scheme.V1) return 'v1';
  return scheme === Scheme.V1A ? 'v1a' : undefined;
}

/** UNSPECIFIED for a row of a newer version. */
export function toScheme(name: string): Scheme {
  if (name === 'v1') return Scheme.V1;
  return name === 'v1a' ? Scheme.V1A : Scheme.UNSPECIFIED;
}
