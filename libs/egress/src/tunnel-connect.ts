import net, { type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { buildConnector } from 'undici';
import { BlockedTarget, ConnectTimeout, connected, type Connect } from './connect.ts';
import type { DirectConnectOptions } from './direct-connect.ts';
import type { EgressProxy } from './egress-proxy.ts';
import { ProxyFailed } from './proxy-failed.ts';
import { resolveAndJudge } from './resolve.ts';
import { addressOf, connectTls } from './tls-connection.ts';
import { ProxySilent, answerHead, tunnelFailure } from './tunnel-answer.ts';

export interface TunnelConnectOptions extends DirectConnectOptions {
  readonly proxy: EgressProxy;
  /** Is told of each failure of the proxy, and with undefined whenever it has worked. */
  readonly onProxy: (failure: ProxyFailed | undefined) => void;
}

// The connector has to give its own reason before the request's deadline takes its place.
const SHARE_OF_TIME = 0.9;
// How much of what is left a proxy that is silent gets to show that it is alive.
const SHARE_OF_ASKING = 0.1;

// While the proxy is away requests wait for it, inside their time: what comes back at once would only be parked the faster.
const RETRY_MS = 1000;

// Where the network has no DNS but its proxy's, each question would be waited for: not long, and then not again for a while. By name: a
// partner whose name servers are silent must not keep others' names from being judged.
const DNS_TIMEOUT_MS = 1000;
const DNS_SILENCE_MS = 60_000;
const MOST_SILENT_NAMES = 10_000;

/**
 * How undici opens connections through a forward proxy: CONNECT for every target, so that TLS is verified end to end and http targets need
 * no second way. The proxy resolves the name. It is resolved and judged here first, where DNS answers; but the proxy's own answer may
 * differ, so that only the proxy's rules protect the networks that the proxy can reach.
 */
export function tunnelConnect(options: TunnelConnectOptions): Connect {
  const judge = targetJudge(options);
  return (target, timeoutMs, callback) => {
    const endsAtMs = performance.now() + timeoutMs * SHARE_OF_TIME;
    judge(target.hostname)
      .then(() => openTunnel(target, options, endsAtMs))
      .then((tunnel) => secured(tunnel, target, options, endsAtMs))
      .then(
        (socket) => callback(null, socket),
        (error: unknown) => callback(error as Error, null),
      );
  };
}

function targetJudge({ policy, resolveHost }: TunnelConnectOptions): (hostname: string) => Promise<void> {
  const silentUntilMs = new Map<string, number>();
  return async (hostname) => {
    if (performance.now() < (silentUntilMs.get(hostname) ?? 0)) return;
    const verdict = await resolveAndJudge(hostname, policy, DNS_TIMEOUT_MS, resolveHost);
    if (!verdict.ok) throw new BlockedTarget(verdict.reason);
    if (silentUntilMs.size >= MOST_SILENT_NAMES) silentUntilMs.clear();
    if (verdict.isSilent) silentUntilMs.set(hostname, performance.now() + DNS_SILENCE_MS);
    else silentUntilMs.delete(hostname);
  };
}

async function openTunnel(target: buildConnector.Options, options: TunnelConnectOptions, endsAtMs: number): Promise<Socket> {
  for (;;) {
    try {
      const tunnel = await tryTunnel(target, options.proxy, endsAtMs);
      options.onProxy(undefined);
      return tunnel;
    } catch (error) {
      options.onProxy(error instanceof ProxyFailed ? error : undefined);
      if (!(error instanceof ProxyFailed) || performance.now() + RETRY_MS >= endsAtMs) throw error;
    }
    await wait(RETRY_MS, undefined, { ref: false });
  }
}

async function tryTunnel(target: buildConnector.Options, proxy: EgressProxy, endsAtMs: number): Promise<Socket> {
  const socket = net.connect({ host: proxy.host, port: proxy.port }).setNoDelay(true).setKeepAlive(true, 60_000);
  try {
    await connected(socket, { event: 'connect', timeoutMs: leftMs(endsAtMs) }).catch((cause: unknown) => {
      throw new ProxyFailed(`the egress proxy cannot be reached (${codeOf(cause)})`, { cause });
    });
    const { host, port } = addressOf(target);
    socket.write(proxy.connectRequest(host, port));
    const failure = tunnelFailure(await answerTo(socket, proxy, endsAtMs));
    if (failure !== undefined) throw failure;
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Proxies answer when they have connected, so that silence is the endpoint's, unless the proxy has nothing to say to anybody. */
async function answerTo(socket: Socket, proxy: EgressProxy, endsAtMs: number): Promise<string> {
  try {
    return await answerHead(socket, leftMs(endsAtMs) * (1 - SHARE_OF_ASKING));
  } catch (error) {
    if (error instanceof ProxySilent && (await isAnswering(proxy, endsAtMs)))
      throw new ConnectTimeout('the egress proxy had no connection to the endpoint in time');
    throw error;
  }
}

/** Whether the proxy says anything to a request that is nobody's, be it that it is a bad one. */
async function isAnswering(proxy: EgressProxy, endsAtMs: number): Promise<boolean> {
  const socket = net.connect({ host: proxy.host, port: proxy.port });
  try {
    await connected(socket, { event: 'connect', timeoutMs: leftMs(endsAtMs) });
    socket.write(proxy.question());
    await answerHead(socket, leftMs(endsAtMs));
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function secured(tunnel: Socket, target: buildConnector.Options, options: TunnelConnectOptions, endsAtMs: number): Promise<Socket> {
  if (target.protocol !== 'https:') return tunnel;
  return await connected(connectTls(target, { socket: tunnel }, options), { event: 'secureConnect', timeoutMs: leftMs(endsAtMs) });
}

function leftMs(endsAtMs: number): number {
  return Math.max(1, Math.round(endsAtMs - performance.now()));
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'no reason given';
}
