export { EgressClient, type EgressClientOptions } from './egress-client.ts';
export { type ResolveHost, UnresolvedHost } from './host-addresses.ts';
export { judgeAddress, type AddressVerdict } from './judge-address.ts';
export { judgeUrl, type UrlRefusal, type UrlVerdict } from './judge-url.ts';
export { egressEnv, egressPolicy, parseNetwork, PRODUCTION_POLICY, type EgressEnv, type EgressPolicy, type Network } from './policy.ts';
export { resolveAndJudge, type HostVerdict } from './resolve.ts';
export type { SendError, SendErrorCategory, SendRequest, SendResponse, SendResult } from './send-result.ts';
