/** What an API key may be allowed to do (api.md, Authentication). */
export const SCOPES = [
  'apps.read',
  'apps.write',
  'installs.read',
  'installs.write',
  'deliveries.read',
  'deliveries.replay',
  'secrets.rotate',
] as const;

export type Scope = (typeof SCOPES)[number];
