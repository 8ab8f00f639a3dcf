/*
 * The send rule and the states of installations as api.md has them, written a second time: no clock, no I/O, and nothing of the services'
 * own code. What really arrived is held against it.
 */

export const REQUIRED_SCOPE = {
  'order.created': 'orders.read',
  'refund.created': 'refunds.read',
  'product.updated': 'products.read',
} as const;
export type MerchantType = keyof typeof REQUIRED_SCOPE;
export const MERCHANT_TYPES = Object.keys(REQUIRED_SCOPE) as MerchantType[];
export const SCOPES = Object.values(REQUIRED_SCOPE);

export type Mode = 'live' | 'test';
export type Source = 'partner_app' | 'installed_merchants';
export type Told = 'created' | 'updated' | 'permissions_updated' | 'suspended' | 'unsuspended' | 'revoked';

/** What an app chose. Each scope is a required permission of its own. */
export interface AppState {
  readonly mode: Mode;
  readonly sources: readonly Source[];
  readonly patterns: readonly string[];
  readonly permissions: readonly string[];
  readonly isPaused: boolean;
}

export interface InstallationState {
  readonly status: 'active' | 'pending_permission_upgrade' | 'suspended' | 'revoked';
  readonly generation: number;
  readonly granted: readonly string[];
  /** What the app wanted when the merchant agreed last. */
  readonly asked: readonly string[];
  /** Of the last lifecycle event. */
  readonly sequence: number;
}

/** What a change led to; `told` is missing when nothing changed. */
export interface Outcome {
  readonly installation: InstallationState;
  readonly told?: Told;
}

/** Installs by the operator API. */
export function install(current: InstallationState | undefined, scopes: readonly string[], { permissions }: AppState): Outcome {
  if (current === undefined || current.status === 'revoked') {
    const generation = (current?.generation ?? 0) + 1;
    const sequence = current?.sequence ?? 0;
    return change({ status: 'active', generation, granted: scopes, asked: permissions, sequence }, 'created');
  }
  const isStill = current.status === 'suspended' || (current.status === 'pending_permission_upgrade' && !includesAll(scopes, permissions));
  const status = isStill ? current.status : 'active';
  if (status === current.status && isSame(scopes, current.granted)) return { installation: current };
  const asked = status === 'pending_permission_upgrade' ? current.asked : permissions;
  return change({ ...current, status, granted: scopes, asked }, 'permissions_updated');
}

/** Undefined: it is refused, there is no consent. */
export function suspend(current: InstallationState): Outcome | undefined {
  if (current.status === 'revoked') return undefined;
  return current.status === 'suspended' ? { installation: current } : change({ ...current, status: 'suspended' }, 'suspended');
}

/** Undefined: it is refused, there is no consent. */
export function unsuspend(current: InstallationState, app: AppState): Outcome | undefined {
  if (current.status === 'revoked') return undefined;
  if (current.status !== 'suspended') return { installation: current };
  return change({ ...current, status: goingStatus(current, app) }, 'unsuspended');
}

export function revoke(current: InstallationState): Outcome {
  if (current.status === 'revoked') return { installation: current };
  return change({ ...current, status: 'revoked', granted: [], asked: [] }, 'revoked');
}

/** After the app changed its permissions. */
export function reconsider(current: InstallationState, app: AppState): Outcome {
  const status = goingStatus(current, app);
  if (!isGoing(current) || status === current.status) return { installation: current };
  return change({ ...current, status }, 'updated');
}

/** Whether a merchant's event is for the app. */
export function isForwarded(
  app: AppState,
  installation: InstallationState | undefined,
  { type, mode }: { readonly type: MerchantType; readonly mode: Mode },
): boolean {
  if (installation === undefined || !isGoing(installation) || mode !== app.mode) return false;
  return chooses(app, 'installed_merchants', type) && installation.granted.includes(REQUIRED_SCOPE[type]);
}

/** Whether the app hears of a change of an installation of its own. */
export function isTold(app: AppState, told: Told): boolean {
  return told === 'revoked' || chooses(app, 'partner_app', `partner_app.install.${told}`);
}

function chooses({ sources, patterns }: AppState, source: Source, type: string): boolean {
  const covers = (pattern: string): boolean =>
    pattern === '*' || pattern === type || (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1)));
  return sources.includes(source) && patterns.some(covers);
}

function goingStatus({ granted, asked }: InstallationState, { permissions }: AppState): 'active' | 'pending_permission_upgrade' {
  return includesAll([...granted, ...asked], permissions) ? 'active' : 'pending_permission_upgrade';
}

function isGoing({ status }: InstallationState): boolean {
  return status === 'active' || status === 'pending_permission_upgrade';
}

function change(installation: InstallationState, told: Told): Outcome {
  return { installation: { ...installation, sequence: installation.sequence + 1 }, told };
}

function includesAll(all: readonly string[], some: readonly string[]): boolean {
  return some.every((each) => all.includes(each));
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return includesAll(one, other) && includesAll(other, one);
}
