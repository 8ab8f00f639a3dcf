import type { Cause, Installation, InstallationChange } from './installation.ts';

/** What a merchant agreed to. */
export interface Grant {
  readonly appId: string;
  readonly merchantId: string;
  readonly scopes: readonly string[];
  readonly installedBy: string;
}

/*
 * States: (none) -install-> active; active -other scopes-> active; active | suspended | pending_… -revoke-> revoked;
 *   revoked -install-> active, one generation later; pending_permission_upgrade | pending_consent -install-> active
 */

/** The first installation of an app at a merchant. */
export function firstInstall(id: string, grant: Grant, cause: Cause): InstallationChange {
  const installation: Installation = { id, ...granted(grant, cause), generation: 1, sequence: 1, createdAt: cause.now };
  return { installation, kind: 'created', previousStatus: null, previousScopes: [], cause };
}

/** What installing again does; undefined: nothing, the installation has these scopes already. */
export function installAgain(current: Installation, grant: Grant, cause: Cause): InstallationChange | undefined {
  const sequence = current.sequence + 1;
  if (current.status === 'revoked' || current.status === 'pending_consent') {
    const generation = current.status === 'revoked' ? current.generation + 1 : current.generation;
    return changed(current, { ...current, ...granted(grant, cause), generation, sequence }, { kind: 'created', cause });
  }
  // The operator's hold on an installation outlasts the merchant's consent to other scopes.
  const status = current.status === 'suspended' ? 'suspended' : 'active';
  if (status === current.status && isSameSet(current.grantedScopes, grant.scopes)) return undefined;
  return changed(current, { ...current, status, grantedScopes: grant.scopes, sequence }, { kind: 'permissions_updated', cause });
}

/** The end of an installation; undefined: it had ended before. */
export function revoke(current: Installation, cause: Cause): InstallationChange | undefined {
  if (current.status === 'revoked') return undefined;
  const ended = { status: 'revoked', grantedScopes: [], revokedAt: cause.now, revokedBy: cause.actor } as const;
  return changed(current, { ...current, ...ended, sequence: current.sequence + 1 }, { kind: 'revoked', cause });
}

function granted({ appId, merchantId, scopes, installedBy }: Grant, { now }: Cause) {
  const active = { status: 'active', installedAt: now, revokedAt: null, revokedBy: null } as const;
  return { appId, merchantId, grantedScopes: scopes, installedBy, ...active };
}

function changed(
  { status, grantedScopes }: Installation,
  installation: Installation,
  { kind, cause }: Pick<InstallationChange, 'kind' | 'cause'>,
): InstallationChange {
  return { installation, kind, previousStatus: status, previousScopes: grantedScopes, cause };
}

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  const values = new Set(one);
  return values.size === new Set(other).size && other.every((value) => values.has(value));
}
