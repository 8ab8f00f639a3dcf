import { Problem } from '@hookwright/runtime';
import type { InstallationStatus } from '../generated/prisma/enums.ts';
import type { Cause, Installation, InstallationChange } from './installation.ts';

/** What a merchant agreed to. */
export interface Grant {
  readonly appId: string;
  readonly merchantId: string;
  readonly scopes: readonly string[];
  /** The permissions that these scopes make, and the app's permission revision that lists them. */
  readonly permissions: readonly string[];
  /** What the app asks for, with these permissions. */
  readonly wanted: readonly string[];
  readonly permissionRevision: bigint;
  readonly installedBy: string;
  /** The app wants to be told of it. */
  readonly tellsCreated: boolean;
}

/*
 * States: (none) -install-> active; (none) -the merchant looks at the consent page-> pending_consent, which is deleted when nothing comes
 * of it;
 *   active -other scopes-> active; active | suspended | pending_permission_upgrade -revoke-> revoked;
 *   revoked -install-> active, one generation later; pending_permission_upgrade | pending_consent -install-> active;
 *   active | pending_permission_upgrade -suspend-> suspended -unsuspend-> active, or pending_permission_upgrade when the app asks for more;
 *   active -the app asks for more-> pending_permission_upgrade -the app asks for no more-> active
 * An installation is suspended by itself, or with its app (suspendedWithApp): with the app's suspension only the latter ends.
 */

/** What waits for a merchant who looks at the consent page. It has no number yet, as nobody is told of it. */
export function awaitConsent(id: string, { appId, merchantId }: Pick<Grant, 'appId' | 'merchantId'>, { actor, now }: Cause): Installation {
  const nothing = { grantedScopes: [], grantedPermissions: [], askedScopes: [], permissionRevision: 0n, tellsCreated: false };
  const waiting = { status: 'pending_consent', suspendedWithApp: false, generation: 1, sequence: 0 } as const;
  const begun = { installedBy: actor, installedAt: now, createdAt: now };
  return { id, appId, merchantId, ...nothing, ...waiting, ...begun, revokedAt: null, revokedBy: null };
}

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
  const status = statusAfter(current, grant);
  if (status === current.status && isSameGrant(current, grant)) return undefined;
  const having = { ...agreed(grant), ...(status === 'pending_permission_upgrade' && { askedScopes: current.askedScopes }) };
  return changed(current, { ...current, status, ...having, sequence }, { kind: 'permissions_updated', cause });
}

/**
 * The merchant's events are held back; undefined: they are already. Throws `installation_not_active` when there is no consent to hold, and
 * `conflict` while it is suspended with its app: it comes back with that, and would although its partner was told that it is held.
 */
export function suspend(current: Installation, cause: Cause): InstallationChange | undefined {
  checkConsent(current, 'suspended');
  if (current.status === 'suspended') {
    if (current.suspendedWithApp) throw new Problem('conflict', 'The installation is about to come back with its app; try again.');
    return undefined;
  }
  return changed(current, held(current), { kind: 'suspended', cause });
}

/** Suspended with its app, unless it is by itself. */
export function suspendWithApp(current: Installation, cause: Cause): InstallationChange | undefined {
  if (current.status === 'suspended') return undefined;
  const change = suspend(current, cause);
  return change && { ...change, installation: { ...change.installation, suspendedWithApp: true } };
}

/** The end of a suspension; undefined: there is none. `isCovered`: it has all scopes the app asks for. Throws likewise. */
export function unsuspend(current: Installation, isCovered: boolean, cause: Cause): InstallationChange | undefined {
  checkConsent(current, 'unsuspended');
  if (current.status !== 'suspended') return undefined;
  const status = isCovered ? 'active' : 'pending_permission_upgrade';
  const going = { ...current, status, suspendedWithApp: false, sequence: current.sequence + 1 } as const;
  return changed(current, going, { kind: 'unsuspended', cause });
}

/** What the app's change of its permissions does; undefined: nothing. What was granted stays granted until the merchant agrees to more. */
export function reconsider(current: Installation, isCovered: boolean, cause: Cause): InstallationChange | undefined {
  const status = isCovered ? 'active' : 'pending_permission_upgrade';
  if (current.status === status || (current.status !== 'active' && current.status !== 'pending_permission_upgrade')) return undefined;
  return changed(current, { ...current, status, sequence: current.sequence + 1 }, { kind: 'updated', cause });
}

/** The end of an installation; undefined: it had ended before. Throws `installation_not_active` when it has not begun. */
export function revoke(current: Installation, cause: Cause): InstallationChange | undefined {
  if (current.status === 'pending_consent') throw notActive('revoked', 'the merchant has not agreed yet');
  if (current.status === 'revoked') return undefined;
  const nothing = { grantedScopes: [], grantedPermissions: [], askedScopes: [] };
  const ended = { status: 'revoked', suspendedWithApp: false, ...nothing, revokedAt: cause.now, revokedBy: cause.actor } as const;
  return changed(current, { ...current, ...ended, sequence: current.sequence + 1 }, { kind: 'revoked', cause });
}

function held(current: Installation): Installation {
  return { ...current, status: 'suspended', suspendedWithApp: false, sequence: current.sequence + 1 };
}

function statusAfter({ status }: Installation, { wanted, scopes }: Grant): InstallationStatus {
  // A suspension, whoever made it, outlasts the merchant's consent to other scopes.
  if (status === 'suspended') return status;
  // Whoever was asked for more and repeats what he granted before has not agreed to it.
  return status === 'pending_permission_upgrade' && !wanted.every((scope) => scopes.includes(scope)) ? status : 'active';
}

function isSameGrant({ grantedScopes, grantedPermissions }: Installation, { scopes, permissions }: Grant): boolean {
  return isSameSet(grantedScopes, scopes) && isSameSet(grantedPermissions, permissions);
}

function checkConsent({ status }: Installation, done: string): void {
  if (status !== 'revoked' && status !== 'pending_consent') return;
  throw notActive(done, status === 'revoked' ? 'it was revoked' : 'the merchant has not agreed yet');
}

function notActive(done: string, why: string): Problem {
  return new Problem('installation_not_active', `The installation cannot be ${done}: ${why}.`);
}

function granted(grant: Grant, { now }: Cause) {
  const { appId, merchantId, installedBy, tellsCreated } = grant;
  const active = { status: 'active', suspendedWithApp: false, installedAt: now, revokedAt: null, revokedBy: null } as const;
  return { appId, merchantId, installedBy, tellsCreated, ...agreed(grant), ...active };
}

function agreed({ scopes, permissions, wanted, permissionRevision }: Grant) {
  return { grantedScopes: scopes, grantedPermissions: permissions, askedScopes: wanted, permissionRevision };
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
