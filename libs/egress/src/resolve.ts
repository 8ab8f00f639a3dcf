import { isIP } from 'node:net';
import { systemResolveHost, type ResolveHost } from './host-addresses.ts';
import { judgeAddress } from './judge-address.ts';
import type { EgressPolicy } from './policy.ts';

/** The judged addresses of a name, empty when it did not resolve or DNS was silent for too long, or why a URL with this host is refused. */
export type HostVerdict =
  | { readonly ok: true; readonly addresses: readonly string[]; readonly isSilent: boolean }
  | { readonly ok: false; readonly code: 'url_blocked'; readonly reason: string };

const DEFAULT_TIMEOUT_MS = 2000;

let resolveBySystem: ResolveHost | undefined;

/**
 * Judges a host when an endpoint is saved: a name with any blocked address is blocked, one that does not resolve within `timeoutMs` is
 * accepted, because every address is judged again when connecting. `hostname` as `URL.hostname` has it. Never rejects.
 */
export async function resolveAndJudge(
  hostname: string,
  policy: EgressPolicy,
  timeoutMs = DEFAULT_TIMEOUT_MS,
  resolveHost: ResolveHost = (resolveBySystem ??= systemResolveHost()),
): Promise<HostVerdict> {
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  const resolved = isIP(host) === 0 ? await withinTime(resolveHost(host), timeoutMs) : [host];
  const addresses = resolved ?? [];
  const reason = blockedReason(addresses, policy);
  return reason === undefined
    ? { ok: true, addresses, isSilent: resolved === undefined }
    : { ok: false, code: 'url_blocked', reason: `an address of the host is ${reason}` };
}

/** Why not all of the addresses may be connected to, or undefined when they may. The address itself is left out: it may be an inside one. */
export function blockedReason(addresses: readonly string[], policy: EgressPolicy): string | undefined {
  for (const address of addresses) {
    const verdict = judgeAddress(address, policy);
    if (!verdict.ok) return verdict.reason;
  }
  return undefined;
}

/** Undefined when the time was up first. */
async function withinTime(resolving: Promise<readonly string[]>, timeoutMs: number): Promise<readonly string[] | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeoutMs);
  });
  const resolved = resolving.catch(() => []);
  return await Promise.race([resolved, late]).finally(() => clearTimeout(timer));
}
