import ipaddr from 'ipaddr.js';
import { z } from 'zod';

/** A network: its first address and the length of its prefix. */
export type Network = readonly [address: ipaddr.IPv4 | ipaddr.IPv6, prefixLength: number];

/** Which targets a webhook may have. Everything that is not allowed here is refused. */
export interface EgressPolicy {
  /** Networks that are allowed although they are not publicly routable. IPv4 inside IPv6 is judged as IPv4. */
  readonly allowNetworks: readonly Network[];
  /** Whether `http:` is allowed beside `https:`. */
  readonly allowHttp: boolean;
  readonly allowPorts: readonly number[] | '*';
}

const HTTPS_PORTS = [443, 8443];
const HTTP_PORT = 80;

/** What production has unless it is configured otherwise: https to ports 443 and 8443 of publicly routable addresses. */
export const PRODUCTION_POLICY: EgressPolicy = { allowNetworks: [], allowHttp: false, allowPorts: HTTPS_PORTS };

/**
 * The part of a service's environment that decides where webhooks may go: spread it into the `z.object` of its env.ts and give the result
 * to `egressPolicy`. Empty texts are the same as unset.
 */
export const egressEnv = {
  /** Comma list of networks, e.g. `10.0.0.0/8,::1/128`, allowed beside the publicly routable ones. Default: none. */
  EGRESS_ALLOW_NETWORKS: z
    .string()
    .default('')
    .transform((text, context) => parsed(context, () => listOf(text).map(parseNetwork))),
  /** `true` allows plain http. Default: false. */
  EGRESS_ALLOW_HTTP: z
    .enum(['true', 'false', ''])
    .default('')
    .transform((text) => text === 'true'),
  /** Comma list of ports, or `*` for every port. Default: 443 and 8443, and 80 where http is allowed. */
  EGRESS_ALLOW_PORTS: z
    .string()
    .default('')
    .transform((text, context) => parsed(context, () => parsePorts(text))),
};

/** The `egressEnv` part of an environment as zod gives it. */
export type EgressEnv = z.infer<z.ZodObject<typeof egressEnv>>;

/** The policy that an environment describes. */
export function egressPolicy(env: EgressEnv): EgressPolicy {
  return {
    allowNetworks: env.EGRESS_ALLOW_NETWORKS,
    allowHttp: env.EGRESS_ALLOW_HTTP,
    allowPorts: env.EGRESS_ALLOW_PORTS ?? (env.EGRESS_ALLOW_HTTP ? [...HTTPS_PORTS, HTTP_PORT] : HTTPS_PORTS),
  };
}

/** A network from text such as `10.0.0.0/8` or `::1/128`. Throws a sentence that says what is wrong with it. */
export function parseNetwork(text: string): Network {
  if (!ipaddr.isValidCIDR(text)) throw new Error(`"${text}" is not a network such as 10.0.0.0/8 or ::1/128`);
  const [address, prefixLength] = ipaddr.parseCIDR(text);
  // An address of a mapped network is judged as the IPv4 address in it, so that such a network would match nothing.
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()) throw new Error(`"${text}" has to be written as an IPv4 network`);
  return [address, prefixLength];
}

function parsePorts(text: string): readonly number[] | '*' | undefined {
  const ports = listOf(text);
  if (ports.length === 0) return undefined;
  if (ports.length === 1 && ports[0] === '*') return '*';
  return ports.map((port) => {
    if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) throw new Error(`"${port}" is not a port or *`);
    return Number(port);
  });
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function parsed<T>(context: z.RefinementCtx, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    return z.NEVER;
  }
}
