import { isDeepStrictEqual } from 'node:util';
import { Problem } from '@hookwright/runtime';
import type { DisabledReason } from '../generated/prisma/enums.ts';
import { ENDPOINT_DEFAULTS, type Endpoint, type EndpointChoices, type EndpointPatch, type EndpointState } from './endpoint.ts';

/** What a decision needs from outside. */
export interface EndpointContext {
  readonly now: Date;
  /** Whether an endpoint must be verified before it gets anything (ENDPOINT_VERIFICATION). */
  readonly verification: boolean;
}

/*
 * States: (none) -created-> pending_verification | enabled
 *   pending_verification -verified-> enabled; enabled <-pause/resume-> paused; any -disabled-> disabled
 *   disabled -enabled by its partner-> enabled, or pending_verification when its URL was never verified
 *   any but disabled -other URL-> pending_verification, where verification is on
 */

/** The endpoint after a patch of its app; null: there is none (any more). Throws `conflict` when a status cannot be had by asking. */
export function patchEndpoint(
  current: Endpoint | null,
  patch: EndpointPatch | null | undefined,
  context: EndpointContext,
): Endpoint | null {
  if (patch === undefined) return current;
  if (patch === null) return null;
  const { status, ...choices } = patch;
  const patched = current === null ? created(choices, context) : withChoices(current, choices, context);
  if (status === undefined) return patched;
  return status === 'disabled' ? disabled(patched, 'manual', context) : enabledByPartner(patched);
}

/** Throws `endpoint_not_enabled`. */
export function paused(endpoint: Endpoint): Endpoint {
  if (endpoint.status !== 'enabled') throw new Problem('endpoint_not_enabled', 'Only an enabled endpoint can be paused.');
  return { ...endpoint, status: 'paused' };
}

/** Throws `endpoint_not_paused`. */
export function resumed(endpoint: Endpoint): Endpoint {
  if (endpoint.status !== 'paused') throw new Problem('endpoint_not_paused', 'Only a paused endpoint can be resumed.');
  return { ...endpoint, status: 'enabled' };
}

/** An endpoint that is disabled already keeps its reason and its time. */
export function disabled(endpoint: Endpoint, reason: DisabledReason, { now }: Pick<EndpointContext, 'now'>): Endpoint {
  if (endpoint.status === 'disabled') return endpoint;
  return { ...endpoint, status: 'disabled', disabledReason: reason, disabledAt: now };
}

export function isSameEndpoint(one: Endpoint | null, other: Endpoint | null): boolean {
  return isDeepStrictEqual(one, other);
}

function created(choices: Partial<EndpointChoices>, context: EndpointContext): Endpoint {
  return { ...ENDPOINT_DEFAULTS, url: '', ...choices, ...unjudged(context) };
}

function withChoices(current: Endpoint, choices: Partial<EndpointChoices>, context: EndpointContext): Endpoint {
  const patched = { ...current, ...choices };
  if (patched.url === current.url || !context.verification) return patched;
  // Whoever was switched off stays so; another URL is verified when it is switched on again.
  return current.status === 'disabled' ? { ...patched, verified: false } : { ...patched, ...unjudged(context) };
}

function unjudged({ verification }: EndpointContext): EndpointState {
  return { status: verification ? 'pending_verification' : 'enabled', disabledReason: null, disabledAt: null, verified: !verification };
}

function enabledByPartner(endpoint: Endpoint): Endpoint {
  if (endpoint.status === 'enabled') return endpoint;
  if (endpoint.status === 'pending_verification') throw new Problem('conflict', 'The endpoint is enabled when it has been verified.');
  return { ...endpoint, status: endpoint.verified ? 'enabled' : 'pending_verification', disabledReason: null, disabledAt: null };
}
