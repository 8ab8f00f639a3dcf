import { isIPv6 } from 'node:net';
import { z } from 'zod';

/** A forward proxy that every request goes through. What it needs to know of us never shows when it is logged. */
export class EgressProxy {
  readonly host: string;
  readonly port: number;
  readonly #authorization: string;

  /** `url` as `http://[user:password@]host[:port]`. Throws a sentence that does not repeat it. */
  constructor(url: string) {
    const parsed = URL.parse(url);
    if (parsed === null || parsed.protocol !== 'http:' || `${parsed.pathname}${parsed.search}${parsed.hash}` !== '/') {
      throw new Error('must be a URL such as http://proxy.example:3128, with user:password@ before the host if it asks for them');
    }
    const { hostname, port, username, password } = parsed;
    this.host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
    this.port = port === '' ? 80 : Number(port);
    this.#authorization = username === '' ? '' : basic(`${decoded(username)}:${decoded(password)}`);
  }

  /** The request for a connection to a host (an address without brackets) and port, RFC 9110, 9.3.6. */
  connectRequest(host: string, port: number): string {
    const authority = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
    const authorization = this.#authorization === '' ? '' : `proxy-authorization: ${this.#authorization}\r\n`;
    return `CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n${authorization}\r\n`;
  }

  /** A request that asks the proxy for nothing; every proxy answers it, most of them with 400 (RFC 9110, 9.3.7). */
  question(): string {
    return `OPTIONS * HTTP/1.1\r\nhost: ${isIPv6(this.host) ? `[${this.host}]` : this.host}:${this.port}\r\nconnection: close\r\n\r\n`;
  }
}

/** The variable of a service that sends: spread it into the `z.object` of its env.ts. */
export const egressProxyEnv = {
  /** `http://[user:password@]host[:port]`. Default: none, requests go out directly. */
  EGRESS_PROXY: z
    .string()
    .default('')
    .transform((text, context) => parsedProxy(text, context))
    .describe('forward proxy for all webhooks, http://[user:password@]host:port'),
};

function parsedProxy(text: string, context: z.RefinementCtx): EgressProxy | undefined {
  if (text === '') return undefined;
  try {
    return new EgressProxy(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    return z.NEVER;
  }
}

function basic(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Error('has a user or password with a % that is no percent-encoding');
  }
}
