export { EgressClient, type EgressClientOptions } from './egress-client.ts';
export { EgressProxy, egressProxyEnv } from './egress-proxy.ts';
export { type ResolveHost, UnresolvedHost } from './host-addresses.ts';
export { judgeAddress, type AddressVerdict } from './judge-address.ts';
export { judgeUrl, type UrlRefusal, type UrlVerdict } from './judge-url.ts';
export { egressEnv, egressPolicy, parseNetwork, PRODUCTION_POLICY, type EgressEnv, type EgressPolicy, type Network } from './policy.ts';
export { resolveAndJudge, type HostVerdict } from './resolve.ts';
export type {
  AttemptResult,
  SendError,
  SendErrorCategory,
  SendRequest,
  SendResponse,
  SendResult,
  Unsent,
  Withdrawn,
} from './send-result.ts';
