import type { FieldError } from '@hookwright/runtime';
import { checkCount, checkScope, checkText, invalid } from '../fields/field-rules.ts';
import type { AppChoices, Permission } from './app.ts';
import { checkJwks } from './jwks.ts';
import { checkRedirectUri } from './redirect-uri.ts';

const NAME = { min: 1, max: 100 };
const DESCRIPTION = { max: 2000, lines: true } as const;
const TITLE = { max: 100 };
const MAX_REDIRECT_URIS = 20;
const MAX_PERMISSIONS = 50;
const MAX_SCOPES = 50;
const PERMISSION_ID = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/;

/** What is wrong with an app's own values. `loopback`: redirect URIs may lead to this machine, unencrypted. */
export function checkApp(app: AppChoices, { loopback }: { loopback: boolean }): FieldError[] {
  return [
    ...checkName(app.name),
    ...checkText('/description', app.description, DESCRIPTION),
    ...checkCount('/redirect_uris', app.redirectUris, { max: MAX_REDIRECT_URIS }),
    ...app.redirectUris.flatMap((uri, index) => checkRedirectUri(`/redirect_uris/${index}`, uri, { loopback })),
    ...checkCount('/permissions', app.permissions, { max: MAX_PERMISSIONS }),
    ...app.permissions.flatMap((permission, index) => checkPermission(`/permissions/${index}`, permission)),
    ...checkIds(app.permissions),
    ...checkJwks(app.jwks),
  ];
}

function checkName(name: string): FieldError[] {
  if (name === '') return [{ pointer: '/name', code: 'missing_field', message: 'is required' }];
  if (name.trim() === '') return [invalid('/name', 'must not be blank')];
  return checkText('/name', name, NAME);
}

function checkPermission(pointer: string, { id, title, scopes }: Permission): FieldError[] {
  return [
    ...(PERMISSION_ID.test(id) ? [] : [invalid(`${pointer}/id`, 'must be 1 to 64 of A-Za-z0-9_.:- and begin with a letter or digit')]),
    ...checkText(`${pointer}/title`, title, TITLE),
    ...checkCount(`${pointer}/scopes`, scopes, { max: MAX_SCOPES }),
    ...scopes.flatMap((scope, index) => checkScope(`${pointer}/scopes/${index}`, scope)),
  ];
}

function checkIds(permissions: readonly Permission[]): FieldError[] {
  return permissions.flatMap(({ id }, index) => {
    const first = permissions.findIndex((other) => other.id === id);
    return first === index ? [] : [invalid(`/permissions/${index}/id`, `is the same as that of permission ${first}`)];
  });
}
