/** Tells an app of an installation, once a generation. Its first request is made before the first of any event of that merchant. */
export const INSTALL_CREATED_TYPE = 'partner_app.install.created';

/**
 * Lifecycle events that an app cannot switch off: `revoked` by api.md (Installations), `redact` because whoever had a merchant's data must hear
 * that they are to go.
 */
export const MANDATORY_LIFECYCLE_TYPES: readonly string[] = ['partner_app.install.revoked', 'partner_app.merchant.redact'];
