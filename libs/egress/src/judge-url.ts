import { isIP } from 'node:net';
import { judgeAddress } from './judge-address.ts';
import { judgeHostName } from './judge-host-name.ts';
import type { EgressPolicy } from './policy.ts';

/** Why a URL cannot be an endpoint's. The first two are problem codes of the API. */
export type UrlRefusal = 'url_not_https' | 'url_blocked' | 'invalid_url';

/** The normalised URL, or why it is refused: `reason` is a sentence for the partner. */
export type UrlVerdict =
  { readonly ok: true; readonly url: URL } | { readonly ok: false; readonly code: UrlRefusal; readonly reason: string };

const MAX_URL_LENGTH = 2048;

// Controls, spaces of every kind, invisible format characters, unpaired surrogates. URL would drop or encode them: what a person sees and
// what is requested would differ.
const UNSEEN_CHARACTERS = /[\p{Cc}\p{Cf}\p{Z}\p{Cs}]/u;

// URL would also take https:host, https:\\host and https:///host; other parsers read those differently.
const ABSOLUTE = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]+)/i;

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'https:': 443, 'http:': 80 };

/**
 * Whether the policy lets an endpoint have this URL, judged by its text alone: scheme, port, credentials, host. Names are not resolved
 * (see resolveAndJudge); every address is judged again when connecting. The URL given back has no dot at the end of its host.
 */
export function judgeUrl(text: string, policy: EgressPolicy): UrlVerdict {
  if (text.length > MAX_URL_LENGTH) return refused('invalid_url', `the URL is longer than ${MAX_URL_LENGTH} characters`);
  if (UNSEEN_CHARACTERS.test(text)) return refused('invalid_url', 'the URL has spaces, control or invisible characters');
  if (text.includes('\\')) return refused('invalid_url', 'the URL has a backslash');

  const [, scheme, authority] = ABSOLUTE.exec(text) ?? [];
  if (scheme === undefined || authority === undefined) return refused('invalid_url', 'the URL is not absolute');
  if (!isAllowedScheme(scheme.toLowerCase(), policy)) return refused('url_not_https', 'the URL has to begin with https://');
  if (authority.includes('@')) return refused('url_blocked', 'the URL has credentials');
  if (text.includes('#')) return refused('invalid_url', 'the URL has a fragment, which is never sent');
  return judgeParsed(text, authority, policy);
}

function judgeParsed(text: string, authority: string, policy: EgressPolicy): UrlVerdict {
  const url = URL.parse(text);
  if (url === null) return refused('invalid_url', 'the URL cannot be parsed');
  if (url.href.length > MAX_URL_LENGTH) return refused('invalid_url', `the URL is longer than ${MAX_URL_LENGTH} characters`);

  const port = url.port === '' ? DEFAULT_PORTS[url.protocol] : Number(url.port);
  if (port === undefined || !isAllowedPort(port, policy)) return refused('url_blocked', `port ${port ?? url.port} is not allowed`);

  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  if (isIP(host) !== 0) return judgeAddressUrl(url, host, authority, policy);

  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  const verdict = judgeHostName(name, policy);
  if (!verdict.ok) return refused(verdict.invalid ? 'invalid_url' : 'url_blocked', verdict.reason);
  // RFC 6066, 3: the name in a TLS handshake has no dot at its end. Only now: URL reads "127.0.0.1." as an address.
  url.hostname = name;
  return { ok: true, url };
}

function judgeAddressUrl(url: URL, address: string, authority: string, policy: EgressPolicy): UrlVerdict {
  // 0x7f.1, 2130706433, 010.0.0.1, fullwidth digits: others may read another address in it.
  if (isIP(address) === 4 && authority.replace(/:\d*$/, '') !== address)
    return refused('url_blocked', `the address has to be written as ${address}`);
  const verdict = judgeAddress(address, policy);
  return verdict.ok ? { ok: true, url } : refused('url_blocked', `the address is ${verdict.reason}`);
}

function isAllowedScheme(scheme: string, policy: EgressPolicy): boolean {
  return scheme === 'https' || (scheme === 'http' && policy.allowHttp);
}

function isAllowedPort(port: number, policy: EgressPolicy): boolean {
  return port !== 0 && (policy.allowPorts === '*' || policy.allowPorts.includes(port));
}

function refused(code: UrlRefusal, reason: string): UrlVerdict {
  return { ok: false, code, reason };
}
