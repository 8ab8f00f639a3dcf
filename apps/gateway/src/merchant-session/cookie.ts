/** The first cookie of a name in a Cookie header (RFC 6265, 4.2.1). */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  const prefix = `${name}=`;
  const found = header?.split(';').find((pair) => pair.trim().startsWith(prefix));
  return found?.trim().slice(prefix.length);
}

/** Over https with the prefix that keeps other hosts of the same domain from setting it (RFC 6265bis, 4.1.3.2). */
export function cookieName(name: string, { secure }: { secure: boolean }): string {
  return secure ? `__Host-${name}` : name;
}

/** A Set-Cookie header for this host and all of its paths; no script reads it, and no other site's request but a link brings it. */
export function setCookie(name: string, value: string, { secure, seconds }: { secure: boolean; seconds: number }): string {
  return `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
}
