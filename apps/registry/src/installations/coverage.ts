import type { Permission } from '../apps/app.ts';
import type { Installation } from './installation.ts';

/** The permissions of the app whose scopes were all granted. */
export function coveredPermissions(scopes: readonly string[], permissions: readonly Permission[]): string[] {
  const granted = new Set(scopes);
  const covered = permissions.filter(
    (permission) => permission.scopes.length > 0 && permission.scopes.every((scope) => granted.has(scope)),
  );
  return covered.map(({ id }) => id);
}

/** The scopes an installation should have: those of required permissions, and of the optional ones it agreed to. */
export function wantedScopes(permissions: readonly Permission[], agreedTo: readonly string[]): string[] {
  const wanted = permissions.filter(({ id, optional }) => !optional || agreedTo.includes(id));
  return [...new Set(wanted.flatMap(({ scopes }) => scopes))];
}

/** What a merchant agrees to who chooses these of the optional permissions: those, and all that are required. */
export function agreedPermissions(permissions: readonly Permission[], chosen: readonly string[]): Permission[] {
  return permissions.filter(({ id, optional }) => !optional || chosen.includes(id));
}

/** Whether an installation lacks nothing that it was not asked for when it agreed last. (An operator may grant less than is required.) */
export function isCovered(
  { grantedScopes, grantedPermissions, askedScopes }: Pick<Installation, 'grantedScopes' | 'grantedPermissions' | 'askedScopes'>,
  permissions: readonly Permission[],
): boolean {
  const settled = new Set([...grantedScopes, ...askedScopes]);
  return wantedScopes(permissions, grantedPermissions).every((scope) => settled.has(scope));
}

/** Whether two lists of permissions ask a merchant for the same, whatever they call it. */
export function isSameAsk(one: readonly Permission[], other: readonly Permission[]): boolean {
  return askOf(one) === askOf(other);
}

function askOf(permissions: readonly Permission[]): string {
  const asks = permissions.map(({ id, scopes, optional }) => JSON.stringify([id, optional, [...new Set(scopes)].sort()]));
  return asks.sort().join();
}
