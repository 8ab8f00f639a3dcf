import { loginPath } from '../login/return-to.ts';

/** Where a merchant's pages are; the login leads back to those that can be opened (login/return-to.ts). */
export const MERCHANT_PATH = '/merchant';
export const LOGOUT_PATH = '/merchant/logout';

export function appPath(installationId: string, step?: 'permissions' | 'revoke'): string {
  return `/merchant/apps/${installationId}${step === undefined ? '' : `/${step}`}`;
}

/** Where a merchant becomes another one, and comes back to the page. Unasked, the platform would send him back as who he is. */
export function otherAccountPath(page: string): string {
  return loginPath(page, { anew: true });
}
