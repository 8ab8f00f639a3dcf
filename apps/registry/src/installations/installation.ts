import type { Actor, InstallationStatus } from '../generated/prisma/enums.ts';

/** A merchant's grant to an app. There is one per pair for ever: a reinstall raises its generation. */
export interface Installation {
  readonly id: string;
  readonly appId: string;
  readonly merchantId: string;
  readonly status: InstallationStatus;
  readonly generation: number;
  readonly grantedScopes: readonly string[];
  readonly installedBy: string;
  readonly installedAt: Date;
  readonly revokedAt: Date | null;
  readonly revokedBy: Actor | null;
  /** Number of transitions so far. */
  readonly sequence: number;
  readonly createdAt: Date;
}

/** What a lifecycle event says happened, i.e. the last part of its type. */
export type TransitionKind = 'created' | 'permissions_updated' | 'revoked';

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
