import { readFileSync } from 'node:fs';
import { Resolver } from 'node:dns/promises';

/** All addresses of a name, IPv4 and IPv6. Rejects with an UnresolvedHost when there is none. */
export type ResolveHost = (name: string) => Promise<readonly string[]>;

/** A name without an address: unknown, or its name servers do not answer. */
export class UnresolvedHost extends Error {
  readonly code = 'EGRESS_DNS';
  constructor(detail: string, options?: ErrorOptions) {
    super(`the host name could not be resolved (${detail}); check its DNS records`, options);
  }
}

const HOSTS_FILE = '/etc/hosts';

// A connection has 5 s in all (egress-client.ts): a lost packet is asked for again, a dead name server given up, and time is left to connect.
const DNS_TIMEOUT_MS = 1500;
const DNS_TRIES = 2;

/**
 * Resolves as the system does, names of the hosts file first, then DNS, but without getaddrinfo: that holds one of libuv's four threads as
 * long as a name server is silent, so that four such endpoints would stop every connection of the process. The hosts file is read once.
 * `servers` (address:port) take the place of the system's name servers.
 */
export function systemResolveHost(servers?: readonly string[]): ResolveHost {
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: DNS_TRIES });
  if (servers !== undefined) resolver.setServers(servers);
  const hosts = parseHosts(readHostsFile());
  return async (name) => hosts.get(name) ?? localhostAddresses(name) ?? (await queryDns(resolver, name));
}

/** The addresses by name (lower case) of a hosts file. */
export function parseHosts(text: string): Map<string, string[]> {
  const hosts = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (address === undefined || address === '') continue;
    for (const name of names) hosts.set(name.toLowerCase(), [...(hosts.get(name.toLowerCase()) ?? []), address]);
  }
  return hosts;
}

function readHostsFile(): string {
  try {
    return readFileSync(HOSTS_FILE, 'utf8');
  } catch {
    // A slim container image may have none.
    return '';
  }
}

// RFC 6761, 6.3: these never go to DNS.
function localhostAddresses(name: string): string[] | undefined {
  return name === 'localhost' || name.endsWith('.localhost') ? ['127.0.0.1', '::1'] : undefined;
}

async function queryDns(resolver: Resolver, name: string): Promise<string[]> {
  const [ipv4, ipv6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  const addresses = [ipv4, ipv6].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  if (addresses.length > 0) return addresses;
  const cause: unknown = ipv4.status === 'rejected' ? ipv4.reason : undefined;
  throw new UnresolvedHost(dnsCodeOf(cause), { cause });
}

function dnsCodeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'no address';
}
