import { type App, type Installation, InstallationStatus, Mode, type Permission } from '@hookwright/contracts';

export interface PermissionView {
  readonly id: string;
  readonly title: string;
  readonly scopes: readonly string[];
  readonly optional: boolean;
  /** Of an optional one: whether it is ticked before the merchant touches anything. */
  readonly isChosen: boolean;
}

/** What an app may do and asks for, before it is put into words. */
export interface PermissionsView {
  readonly appName: string;
  readonly partnerName: string;
  readonly isTest: boolean;
  /** It is installed: this is about changing what it may do. */
  readonly isInstalled: boolean;
  /** Not agreed to before. */
  readonly fresh: readonly PermissionView[];
  /** Agreed to before, and asked for still. */
  readonly known: readonly PermissionView[];
  /** Scopes it has and that no permission asks for any more. */
  readonly dropped: readonly string[];
  readonly permissionRevision: bigint;
}

/** What a merchant is asked whom an app has sent. */
export interface ConsentView extends PermissionsView {
  /** Host of the app's site, where the merchant goes on. */
  readonly returnsTo: string;
}

const INSTALLED: ReadonlySet<InstallationStatus> = new Set([
  InstallationStatus.ACTIVE,
  InstallationStatus.PENDING_PERMISSION_UPGRADE,
  InstallationStatus.SUSPENDED,
]);

export interface PermissionsSubject {
  readonly app: App;
  readonly partnerName: string;
  readonly installation: Installation;
}

export interface ConsentSubject extends PermissionsSubject {
  readonly redirectUri: string;
}

export function consentView({ redirectUri, ...subject }: ConsentSubject): ConsentView {
  return { ...permissionsView(subject), returnsTo: new URL(redirectUri).host };
}

export function permissionsView({ app, partnerName, installation }: PermissionsSubject): PermissionsView {
  const isInstalled = INSTALLED.has(installation.status);
  const views = app.permissions.map((permission) => ({
    permission: viewOf(permission, installation, isInstalled),
    isKnown: isGranted(permission, installation),
  }));
  const asked = new Set(app.permissions.flatMap(({ scopes }) => scopes));
  return {
    appName: app.name,
    partnerName,
    isTest: app.mode === Mode.TEST,
    isInstalled,
    fresh: views.filter(({ isKnown }) => !isKnown).map(({ permission }) => permission),
    known: views.filter(({ isKnown }) => isKnown).map(({ permission }) => permission),
    dropped: installation.grantedScopes.filter((scope) => !asked.has(scope)),
    permissionRevision: app.permissionRevision,
  };
}

/** A first install has everything ticked, to be unticked; later what was left out stays out until the merchant wants it. */
function viewOf({ id, title, scopes, optional }: Permission, { grantedPermissions }: Installation, isInstalled: boolean): PermissionView {
  return { id, title, scopes, optional, isChosen: !isInstalled || grantedPermissions.includes(id) };
}

/** By its scopes and not its name alone: a permission that means more than it did is a new one. */
function isGranted({ id, scopes }: Permission, { grantedPermissions, grantedScopes }: Installation): boolean {
  return grantedPermissions.includes(id) && scopes.every((scope) => grantedScopes.includes(scope));
}
