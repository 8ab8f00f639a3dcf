/**
 * Lifecycle events that an app cannot switch off: `revoked` by api.md (Installations), `redact` because whoever had a merchant's data must hear
 * that they are to go.
 */
export const MANDATORY_LIFECYCLE_TYPES: readonly string[] = ['partner_app.install.revoked', 'partner_app.merchant.redact'];
