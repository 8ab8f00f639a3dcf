import { INSTALL_CREATED_TYPE } from '@hookwright/contracts';
import { type FieldError, Problem } from '@hookwright/runtime';
import { type PartnerApp, scopesOf } from '../apps/app.ts';
import { choosesAppEvent } from '../endpoints/event-choice.ts';
import { checkCount, checkText, invalid } from '../fields/field-rules.ts';
import { checkMerchantId } from '../merchants/merchant-id.ts';
import { agreedPermissions, coveredPermissions, wantedScopes } from './coverage.ts';
import type { Grant } from './transition.ts';

/** What a merchant agreed to on our consent page. */
export interface Consent {
  /** Of the optional permissions those he chose; required ones may be among them. */
  readonly permissions: readonly string[];
  /** Of the app, when the page was shown. */
  readonly permissionRevision: bigint;
  /** Of the installation that he was shown; undefined: he was asked whether to install the app. */
  readonly generation?: number;
}

/** Who is to have what of which app: scopes, or what he agreed to. */
export interface InstallWish extends Pick<Grant, 'appId' | 'merchantId' | 'scopes' | 'installedBy'> {
  readonly consent?: Consent;
}

const MAX_SCOPES = 100;
const WORDS = { max: 200 };

/** What is granted by a wish that `checkWish` found nothing wrong with. */
export function grantOf({ consent, scopes, ...who }: InstallWish, { permissions, permissionRevision, endpoint }: PartnerApp): Grant {
  const whoAndWhen = { ...who, permissionRevision, tellsCreated: choosesAppEvent(endpoint, INSTALL_CREATED_TYPE) };
  if (consent === undefined) {
    const covered = coveredPermissions(scopes, permissions);
    return { ...whoAndWhen, scopes, permissions: covered, wanted: wantedScopes(permissions, covered) };
  }
  const agreed = agreedPermissions(permissions, consent.permissions);
  const agreedScopes = [...scopesOf(agreed)];
  return { ...whoAndWhen, scopes: agreedScopes, permissions: agreed.map(({ id }) => id), wanted: agreedScopes };
}

/** Throws `conflict` when the merchant agreed to something else than the app asks for now. */
export function checkWish({ merchantId, scopes, installedBy, consent }: InstallWish, app: PartnerApp): FieldError[] {
  const asked = consent === undefined ? checkScopes(scopes, app) : checkConsent(consent, app);
  return [...checkMerchantId(merchantId), ...checkText('/installed_by', installedBy, WORDS), ...asked];
}

function checkScopes(scopes: readonly string[], { permissions }: PartnerApp): FieldError[] {
  const grantable = scopesOf(permissions);
  return [
    ...checkCount('/scopes', scopes, { max: MAX_SCOPES }),
    ...scopes.flatMap((scope, index) =>
      grantable.has(scope) ? [] : [invalid(`/scopes/${index}`, 'is not a scope that a permission of the app asks for')],
    ),
  ];
}

/** Throws `conflict` when the merchant saw other permissions than the app has now: nobody agrees to what he was not shown. */
function checkConsent(
  { permissions: chosen, permissionRevision }: Consent,
  { permissions, permissionRevision: present }: PartnerApp,
): FieldError[] {
  if (permissionRevision !== present) throw new Problem('conflict', 'The app asks for something else now.');
  return chosen.flatMap((id, index) =>
    permissions.some((permission) => permission.id === id) ? [] : [invalid(`/permissions/${index}`, 'is not a permission of the app')],
  );
}
