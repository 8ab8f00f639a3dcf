// Pages of ours that send a merchant to the login. A pattern and not a look at the URL: what begins like a path may lead anywhere else.
const PAGES = /^\/(oauth\/interaction\/[\w-]{10,64}|merchant(\/apps\/ins_[0-9a-z_]{1,64}(\/permissions|\/revoke)?)?)$/;

/** Where a login leads back to; undefined for what is no page of ours. */
export function returnTo(text: string | undefined): string | undefined {
  return text !== undefined && PAGES.test(text) ? text : undefined;
}

/** The login that leads back to a page; `anew`: the platform is to ask, even if it knows the browser. */
export function loginPath(page: string, { anew = false } = {}): string {
  return `/oauth/login?${new URLSearchParams({ return_to: page, ...(anew && { prompt: 'login' }) }).toString()}`;
}
