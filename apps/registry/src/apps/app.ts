import { Problem } from '@hookwright/runtime';
import { z } from 'zod';
import type { Endpoint, EndpointPatch } from '../endpoints/endpoint.ts';
import type { Mode, Visibility } from '../generated/prisma/enums.ts';

const permission = z.object({ id: z.string(), title: z.string(), scopes: z.array(z.string()), optional: z.boolean() });

/** What the database keeps as JSON. */
export const permissionList = z.array(permission);

export type Permission = z.infer<typeof permission>;

/** What a partner chooses of an app. */
export interface AppChoices {
  readonly name: string;
  readonly description: string;
  readonly visibility: Visibility;
  readonly redirectUris: readonly string[];
  readonly permissions: readonly Permission[];
  /** A JSON Web Key Set as text (jwks.ts); null: it authenticates itself as an OAuth client with a secret. */
  readonly jwks: string | null;
}

/** An app with its one endpoint: changed as a whole, under one lock. */
export interface PartnerApp extends AppChoices {
  readonly id: string;
  readonly partnerId: string;
  readonly mode: Mode;
  readonly clientId: string;
  readonly endpoint: Endpoint | null;
  /** +1 with every change. */
  readonly revision: bigint;
  /** +1 with every change of the endpoint. */
  readonly endpointRevision: bigint;
  /** +1 with every change of what the permissions ask for. */
  readonly permissionRevision: bigint;
  /** Since when the operator has suspended it. */
  readonly suspendedAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A change by its partner: what is not there stays, or gets its default when the app is new. */
export interface AppPatch extends Partial<AppChoices> {
  /** null removes the endpoint. */
  readonly webhook?: EndpointPatch | null;
}

/** Whose apps a request may see: a partner's, of one mode. */
export interface Tenant {
  readonly partnerId: string;
  readonly mode: Mode;
  /** Of those this one only. */
  readonly appId?: string;
}

export const APP_DEFAULTS: AppChoices = { name: '', description: '', visibility: 'private', redirectUris: [], permissions: [], jwks: null };

/** Every scope that a permission of the app can bring. */
export function scopesOf(permissions: readonly Permission[]): ReadonlySet<string> {
  return new Set(permissions.flatMap(({ scopes }) => scopes));
}

/** Throws `app_suspended`: while the operator has suspended an app nobody installs it, and who installed it before stays suspended. */
export function refuseSuspended({ suspendedAt }: PartnerApp): void {
  if (suspendedAt !== null) throw new Problem('app_suspended', 'The operator has suspended the app.');
}
