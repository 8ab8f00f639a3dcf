import { isWithin } from './judge-address.ts';
import { parseNetwork, type EgressPolicy, type Network } from './policy.ts';

/** Whether a host name may be asked for. `invalid` names cannot exist in DNS. */
export type HostNameVerdict = { readonly ok: true } | { readonly ok: false; readonly invalid: boolean; readonly reason: string };

// RFC 1035, 2.3.4. WHATWG's URL lets longer names, empty labels and characters such as * pass.
const MAX_NAME_LENGTH = 253;
const LABEL = /^[a-z0-9_-]{1,63}$/;

// RFC 6761, 6.3, what Linux distributions put into /etc/hosts, and public names that are known to mean this machine.
const LOOPBACK_NAMES = [
  'localhost',
  'localdomain',
  'localhost6',
  'localdomain6',
  'ip6-localhost',
  'ip6-loopback',
  'localtest.me',
  'lvh.me',
  'vcap.me',
  'lacolhost.com',
  'localho.st',
  'spoofed.burpcollaborator.net',
];

// Names under which clouds offer a machine its own credentials. They resolve to link-local addresses, which no policy should open.
const METADATA_NAMES = [
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'metadata.tencentyun.com',
  'metadata.packet.net',
  'metadata.platformequinix.com',
  'instance-data',
  'instance-data.ec2.internal',
  'rancher-metadata',
];

// Special-use names and the endings that private networks use (RFC 6762 appendix G, RFC 8375, RFC 7686, ICANN's .internal).
const INSIDE_NAMES = [
  'internal',
  'local',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
  'home.arpa',
  'in-addr.arpa',
  'ip6.arpa',
  'onion',
  'svc',
  'consul',
];

// Services that answer with the address in the name, any address, or with one address now and another a moment later.
const ECHOING_NAMES = ['nip.io', 'sslip.io', 'xip.io', 'traefik.me', '1u.ms', 'rbndr.us'];

const LOOPBACK_NETWORKS = ['127.0.0.0/8', '::1/128'].map(parseNetwork);

const ALLOWED: HostNameVerdict = { ok: true };

/**
 * Whether the policy lets a URL have this name, before DNS is asked: names that mean this machine need loopback among the allowed networks,
 * names of inside networks need one that is not loopback. Every address the name has is judged as well. The name is lower case, without
 * a dot at its end.
 */
export function judgeHostName(name: string, policy: EgressPolicy): HostNameVerdict {
  const labels = name.split('.');
  if (name.length > MAX_NAME_LENGTH || !labels.every((label) => LABEL.test(label))) {
    return { ok: false, invalid: true, reason: 'the host is not a name that DNS can have' };
  }
  if (METADATA_NAMES.includes(name)) return refused('the host is a metadata service');
  if (isUnder(name, LOOPBACK_NAMES)) return allowsLoopback(policy) ? ALLOWED : refused('the host means this machine itself');
  if (labels.length === 1 || isUnder(name, INSIDE_NAMES)) return allowsInside(policy) ? ALLOWED : refused('the host is no public name');
  if (isUnder(name, ECHOING_NAMES) && policy.allowNetworks.length === 0) return refused('the host echoes any address');
  return ALLOWED;
}

function allowsLoopback(policy: EgressPolicy): boolean {
  return LOOPBACK_NETWORKS.some(([loopback]) => policy.allowNetworks.some((network) => isWithin(loopback, network) || isLoopback(network)));
}

function allowsInside(policy: EgressPolicy): boolean {
  return policy.allowNetworks.some((network) => !isLoopback(network));
}

function isLoopback([address, prefixLength]: Network): boolean {
  return LOOPBACK_NETWORKS.some((loopback) => isWithin(address, loopback) && prefixLength >= loopback[1]);
}

function isUnder(name: string, domains: readonly string[]): boolean {
  return domains.some((domain) => name === domain || name.endsWith(`.${domain}`));
}

function refused(reason: string): HostNameVerdict {
  return { ok: false, invalid: false, reason };
}
