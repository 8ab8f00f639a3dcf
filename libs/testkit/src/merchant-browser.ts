interface Cookie {
  readonly name: string;
  readonly path: string;
  readonly value: string;
}

export interface MerchantBrowserOptions {
  /** What the gateway calls itself (PUBLIC_URL): addresses there are the platform's. */
  readonly publicUrl: string;
  /** Where it really listens. */
  readonly gatewayUrl: string;
}

/** What a browser shows after it has followed every redirect. */
export interface Visit {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
  /** The browser was sent away from the platform, to here: an app's redirect URI with its parameters. Nothing was asked of it. */
  readonly left?: URL;
}

export interface Submission {
  /** The button that is pressed, as `name=value`. */
  readonly press?: string;
  /** Values instead of those of the page, by field. */
  readonly set?: Readonly<Record<string, string | readonly string[]>>;
  readonly headers?: Readonly<Record<string, string>>;
}

const MAX_STEPS = 10;

/**
 * A merchant's browser without a screen: cookies by path, redirects, refreshes and forms of the platform's pages. Cookies for https go over
 * http too.
 */
export class MerchantBrowser {
  private readonly cookies = new Map<string, Cookie>();

  constructor(private readonly options: MerchantBrowserOptions) {}

  /** Opens an address, an absolute one or a path of the platform. */
  async open(address: string | URL, init: RequestInit = {}): Promise<Visit> {
    let url = new URL(address, this.options.publicUrl);
    let request = init;
    for (let step = 0; step < MAX_STEPS; step++) {
      const visit = await this.request(url, request);
      const next = nextOf(visit);
      if (next === undefined) return visit;
      if (next.origin !== this.options.publicUrl) return { ...visit, left: next };
      url = next;
      request = {};
    }
    throw new Error(`more than ${MAX_STEPS} redirects, the last to ${url.href}`);
  }

  /** Sends the form of a page that has the button; without one, the page's first. */
  async submit(visit: Visit, { press, set = {}, headers = {} }: Submission = {}): Promise<Visit> {
    const form = formOf(visit.html, press);
    const fields = form.fields.filter(([name]) => !(name in set));
    const given = Object.entries(set).flatMap(([name, values]) => [values].flat().map((value): [string, string] => [name, value]));
    const [button = '', value = ''] = press?.split('=', 2) ?? [];
    const pressed: [string, string][] = press === undefined ? [] : [[button, value]];
    const body = new URLSearchParams([...fields, ...given, ...pressed]);
    return await this.open(new URL(form.action, visit.url), { method: 'POST', body, headers });
  }

  /** What the browser would send to an address. */
  cookieHeader(url: URL): string {
    const matching = [...this.cookies.values()].filter(
      ({ path }) => url.pathname === path || url.pathname.startsWith(path.replace(/\/?$/, '/')),
    );
    return matching.map(({ name, value }) => `${name}=${value}`).join('; ');
  }

  private async request(url: URL, init: RequestInit): Promise<Visit> {
    const at = new URL(url.pathname + url.search, this.options.gatewayUrl);
    const headers = new Headers(init.headers);
    headers.set('accept', 'text/html');
    const cookie = this.cookieHeader(url);
    if (cookie !== '') headers.set('cookie', cookie);
    const response = await fetch(at, { ...init, headers, redirect: 'manual' });
    for (const text of response.headers.getSetCookie()) this.keep(text, url);
    return { url, status: response.status, headers: response.headers, html: await response.text() };
  }

  private keep(text: string, url: URL): void {
    const [pair = '', ...attributes] = text.split(';').map((part) => part.trim());
    const name = pair.slice(0, pair.indexOf('='));
    const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice('path='.length) ?? url.pathname;
    const isEnded = attributes.some((attribute) => /^max-age=0$|^expires=thu, 01 jan 1970/i.test(attribute));
    if (isEnded) this.cookies.delete(`${name} ${path}`);
    else this.cookies.set(`${name} ${path}`, { name, path, value: pair.slice(name.length + 1) });
  }
}

function nextOf({ url, status, headers, html }: Visit): URL | undefined {
  const location = status >= 300 && status < 400 ? headers.get('location') : null;
  const refresh = /<meta http-equiv="refresh" content="0; url=([^"]*)"\s*\/?>/.exec(html)?.[1];
  const next = location ?? (refresh === undefined ? null : unescape(refresh));
  return next === null ? undefined : new URL(next, url);
}

interface Form {
  readonly action: string;
  readonly fields: [string, string][];
}

/** Only what pages of ours have: hidden fields, boxes, buttons. */
function formOf(html: string, press: string | undefined): Form {
  const forms = [...html.matchAll(/<form[^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/g)].map(([, action = '', content = '']) => ({
    action,
    content,
  }));
  const [name = '', value = ''] = press?.split('=', 2) ?? [];
  const form = forms.find(({ content }) => press === undefined || content.includes(`name="${name}" value="${value}"`));
  if (form === undefined) throw new Error(`the page has no form${press === undefined ? '' : ` with ${press}`}: ${html.slice(0, 500)}`);
  const inputs = [...form.content.matchAll(/<input ([^>]*)>/g)].map(([, attributes = '']) => attributes);
  const sent = inputs.filter((attributes) => /type="hidden"/.test(attributes) || /\schecked(\s|$)/.test(attributes));
  return {
    action: unescape(form.action),
    fields: sent.map((attributes) => [attribute(attributes, 'name'), attribute(attributes, 'value')]),
  };
}

function attribute(text: string, name: string): string {
  return unescape(new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(text)?.[1] ?? '');
}

function unescape(text: string): string {
  return text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&');
}
