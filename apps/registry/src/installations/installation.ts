import type { Actor, InstallationStatus } from '../generated/prisma/enums.ts';

/** A merchant's grant to an app. There is one per pair for ever: a reinstall raises its generation. */
export interface Installation {
  readonly id: string;
  readonly appId: string;
  readonly merchantId: string;
  readonly status: InstallationStatus;
  readonly generation: number;
  readonly grantedScopes: readonly string[];
  /** Ids of the permissions that the merchant agreed to. */
  readonly grantedPermissions: readonly string[];
  /** The scopes it should have had when it agreed last. */
  readonly askedScopes: readonly string[];
  /** The app's permission revision that it agreed to, or was last looked at with. */
  readonly permissionRevision: bigint;
  /** Its app had chosen to be told of this generation's beginning. */
  readonly tellsCreated: boolean;
  /** It is suspended because its app is, and comes back with it; false in every other status, unless an older version wrote it. */
  readonly suspendedWithApp: boolean;
  readonly installedBy: string;
  readonly installedAt: Date;
  readonly revokedAt: Date | null;
  readonly revokedBy: Actor | null;
  /** Number of lifecycle events so far. */
  readonly sequence: number;
  readonly createdAt: Date;
}

/** What a lifecycle event says happened, i.e. the last part of its type. */
export type TransitionKind = 'created' | 'updated' | 'permissions_updated' | 'suspended' | 'unsuspended' | 'revoked';

/** Who changed an installation, why and when. */
export interface Cause {
  readonly actor: Actor;
  readonly reason: string;
  readonly now: Date;
}

/** An installation after a transition, and what it was before. */
export interface InstallationChange {
  readonly installation: Installation;
  readonly kind: TransitionKind;
  readonly previousStatus: InstallationStatus | null;
  readonly previousScopes: readonly string[];
  readonly cause: Cause;
}
