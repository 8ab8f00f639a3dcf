import { isDeepStrictEqual } from 'node:util';
import { isSameEndpoint, patchEndpoint, type EndpointContext } from '../endpoints/endpoint-state.ts';
import type { Endpoint } from '../endpoints/endpoint.ts';
import { isSameAsk } from '../installations/coverage.ts';
import { type AppPatch, type PartnerApp } from './app.ts';

/** What a change did to an app. */
export interface AppChange {
  readonly app: PartnerApp;
  readonly changed: boolean;
  readonly endpointChanged: boolean;
  /** The app asks merchants for something else. */
  readonly permissionsChanged: boolean;
}

/** The app after a merge patch (RFC 7396): what the patch leaves out stays. Revisions and times move only when something is different. */
export function patchApp(current: PartnerApp, patch: AppPatch, context: EndpointContext): AppChange {
  const { webhook, ...choices } = patch;
  const endpoint = patchEndpoint(current.endpoint, webhook, context);
  return withEndpoint({ ...current, ...choices }, { current, endpoint, now: context.now });
}

/** The app after a change of its endpoint alone. */
export function changeEndpoint(current: PartnerApp, endpoint: Endpoint | null, now: Date): AppChange {
  return withEndpoint(current, { current, endpoint, now });
}

function withEndpoint(
  patched: PartnerApp,
  { current, endpoint, now }: { current: PartnerApp; endpoint: Endpoint | null; now: Date },
): AppChange {
  const endpointChanged = !isSameEndpoint(current.endpoint, endpoint);
  if (!endpointChanged && isDeepStrictEqual(patched, current))
    return { app: current, changed: false, endpointChanged, permissionsChanged: false };
  const permissionsChanged = !isSameAsk(current.permissions, patched.permissions);
  const app = {
    ...patched,
    endpoint,
    revision: current.revision + 1n,
    endpointRevision: endpointChanged ? current.endpointRevision + 1n : current.endpointRevision,
    permissionRevision: permissionsChanged ? current.permissionRevision + 1n : current.permissionRevision,
    updatedAt: now,
  };
  return { app, changed: true, endpointChanged, permissionsChanged };
}
