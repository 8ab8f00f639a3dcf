import net, { isIP, type LookupFunction } from 'node:net';
import { BlockedTarget, connected, type Connect } from './connect.ts';
import { UnresolvedHost, type ResolveHost } from './host-addresses.ts';
import { judgeAddress } from './judge-address.ts';
import type { EgressPolicy } from './policy.ts';
import { blockedReason } from './resolve.ts';
import { addressOf, connectTls, type TlsOptions } from './tls-connection.ts';

export interface DirectConnectOptions extends TlsOptions {
  readonly policy: EgressPolicy;
  readonly resolveHost: ResolveHost;
}

/**
 * How undici opens connections for us: the name is resolved once, all of its addresses are judged, and the socket connects to the judged
 * ones, so that a name server which changes its answer gains nothing. undici's own connector is not used because its connect timeout is
 * only good to a second and is the same for all requests.
 */
export function directConnect(options: DirectConnectOptions): Connect {
  const { policy } = options;
  const lookup = judgedLookup(options);

  return (target, timeoutMs, callback) => {
    // net.connect() looks only names up.
    const verdict = isIP(target.hostname) === 0 ? undefined : judgeAddress(target.hostname, policy);
    if (verdict?.ok === false) {
      const error = new BlockedTarget(`the address is ${verdict.reason}`);
      // Not at once: undici is still busy with the request that asked for the connection.
      queueMicrotask(() => callback(error, null));
      return;
    }
    const secure = target.protocol === 'https:';
    const socket = secure ? connectTls(target, { lookup }, options) : net.connect({ ...addressOf(target), lookup });
    // Outlives a peer that vanished without a word; requests have their own deadline.
    socket.setNoDelay(true).setKeepAlive(true, 60_000);
    connected(socket, { event: secure ? 'secureConnect' : 'connect', timeoutMs }).then(
      () => callback(null, socket),
      (error: unknown) => callback(error as Error, null),
    );
  };
}
/** A lookup for net.connect() that yields all addresses of a name when every one of them may be connected to, else a BlockedTarget. */
function judgedLookup({ policy, resolveHost }: DirectConnectOptions): LookupFunction {
  return (name, options, callback) => {
    judgedAddresses(name, policy, resolveHost).then(
      (found) => (options.all ? callback(null, found) : callback(null, found[0].address, found[0].family)),
      (error: unknown) => callback(error as Error, []),
    );
  };
}

interface LookupAddress {
  address: string;
  family: number;
}

async function judgedAddresses(name: string, policy: EgressPolicy, resolveHost: ResolveHost): Promise<[LookupAddress, ...LookupAddress[]]> {
  const addresses = await resolveHost(name);
  const reason = blockedReason(addresses, policy);
  if (reason !== undefined) throw new BlockedTarget(`an address of the host is ${reason}`);
  const [first, ...rest] = addresses.map((address) => ({ address, family: isIP(address) }));
  if (first === undefined) throw new UnresolvedHost('no address');
  return [first, ...rest];
}
