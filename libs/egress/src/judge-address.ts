import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { parseNetwork, type EgressPolicy, type Network } from './policy.ts';

/** Whether an address may be connected to. `reason` ends a sentence such as "the address is …". */
export type AddressVerdict = { readonly ok: true } | { readonly ok: false; readonly reason: string };

const ALLOWED: AddressVerdict = { ok: true };

// Publicly routed, but not for us: it answers with the virtual machine's own configuration (Azure's WireServer).
const CLOUD_WIRE_SERVER = parseNetwork('168.63.129.16/32');

// The blocks out of which IANA has given addresses to registries ("IPv6 Global Unicast Address Assignments"). The rest of 2000::/3 is
// reserved or held back, and everything outside it is for special purposes. A /8 stays one registry's, who gets its next part from there.
const IPV6_ALLOCATED = ['2001::/16', '2003::/16', '2400::/8', '2600::/8', '2800::/8', '2a00::/8', '2c00::/8'].map(parseNetwork);

// ISATAP puts an IPv4 address behind these two interface identifiers, whatever the network (RFC 5214, 6.1).
const ISATAP_IDENTIFIER = 0x5efe;
const ISATAP_PREFIXES = new Set([0x0000, 0x0200]);

/**
 * Whether the policy lets a request go to this address: it is publicly routable or in one of the allowed networks. The text is an address
 * as DNS and `URL.hostname` spell it (without brackets); anything else is refused. An IPv4-mapped IPv6 address is judged as the IPv4
 * address that the system would connect to; every other way to wrap IPv4 into IPv6 is refused.
 *
 * Source: IANA's special-purpose address registries, in ipaddr.js, and what it lacks.
 */
export function judgeAddress(text: string, policy: EgressPolicy): AddressVerdict {
  // ipaddr.js alone would read 010.1 and 0x7f.1 too, and a zone id would name a local interface.
  if (isIP(text) === 0 || text.includes('%')) return refused('not an IP address');
  const address = unmapped(ipaddr.parse(withoutDottedTail(text)));
  if (policy.allowNetworks.some((network) => isWithin(address, network))) return ALLOWED;
  return address instanceof ipaddr.IPv4 ? judgeIPv4(address) : judgeIPv6(address);
}

function judgeIPv4(address: ipaddr.IPv4): AddressVerdict {
  const range = address.range();
  if (range !== 'unicast') return refused(`not publicly routable (${range})`);
  if (isWithin(address, CLOUD_WIRE_SERVER)) return refused('a cloud platform’s own');
  return ALLOWED;
}

function judgeIPv6(address: ipaddr.IPv6): AddressVerdict {
  const range = address.range();
  if (range !== 'unicast') return refused(`not publicly routable (${range})`);
  if (!IPV6_ALLOCATED.some((network) => isWithin(address, network))) return refused('not allocated');
  if (isIsatap(address)) return refused('not publicly routable (isatap)');
  return ALLOWED;
}

/** Whether an address lies in a network of its own family. */
export function isWithin(address: ipaddr.IPv4 | ipaddr.IPv6, [network, prefixLength]: Network): boolean {
  return address.kind() === network.kind() && address.match(network, prefixLength);
}

// ipaddr.js takes ::8.8.8.8 for ::ffff:8.8.8.8; only the second is an IPv4 address to the system.
function withoutDottedTail(text: string): string {
  const colon = text.lastIndexOf(':');
  if (colon === -1 || !text.includes('.')) return text;
  const [a = 0, b = 0, c = 0, d = 0] = text
    .slice(colon + 1)
    .split('.')
    .map(Number);
  return `${text.slice(0, colon + 1)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

function unmapped(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

function isIsatap({ parts }: ipaddr.IPv6): boolean {
  return parts[5] === ISATAP_IDENTIFIER && ISATAP_PREFIXES.has(parts[4] ?? 0);
}

function refused(reason: string): AddressVerdict {
  return { ok: false, reason };
}
