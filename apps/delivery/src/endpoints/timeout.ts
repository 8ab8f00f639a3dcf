import type { EndpointSnapshot } from '@hookwright/contracts';

const DEFAULT_SECONDS = 10;

/** An endpoint's total deadline for one request. */
export function timeoutMsOf({ timeoutSeconds }: EndpointSnapshot): number {
  return (timeoutSeconds === 0 ? DEFAULT_SECONDS : timeoutSeconds) * 1000;
}
