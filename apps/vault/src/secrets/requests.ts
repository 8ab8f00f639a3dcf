import { type CreateSecretRequest, type RotateSecretRequest, Scheme } from '@hookwright/contracts';
import { type FieldError, validationFailed } from '@hookwright/runtime';
import { schemeName } from './scheme.ts';

const ID = /^[A-Za-z0-9_-]{1,64}$/;
/** Seven days (api.md). */
const MAX_OVERLAP_SECONDS = 7 * 24 * 60 * 60;
const MAX_REASON_CHARACTERS = 500;
// Twice a page of the API. Delivery asks for as many at once (apps/delivery, vault-questions.ts).
const MAX_APPS = 200;

/** Checks of what callers send; each throws a problem that names every wrong field. */
export function checkCreate({ appId, scheme }: CreateSecretRequest): void {
  refuse([...idFaults('/app_id', appId), ...schemeFaults(scheme)]);
}

export function checkRotate({ appId, scheme, overlapSeconds, reason }: RotateSecretRequest): void {
  refuse([
    ...idFaults('/app_id', appId),
    ...schemeFaults(scheme),
    ...(overlapSeconds <= MAX_OVERLAP_SECONDS ? [] : [fault('/overlap_seconds', `must be 0 to ${MAX_OVERLAP_SECONDS}`)]),
    ...textFaults('/reason', reason, MAX_REASON_CHARACTERS),
  ]);
}

export function checkApps({ appIds }: { readonly appIds: readonly string[] }): void {
  if (appIds.length > MAX_APPS) refuse([fault('/app_ids', `may have ${MAX_APPS} items`)]);
  refuse(appIds.flatMap((appId, index) => idFaults(`/app_ids/${index}`, appId)));
}

export function checkApp({ appId }: { readonly appId: string }): void {
  refuse(idFaults('/app_id', appId));
}

export function checkSecret({ appId, secretId }: { readonly appId: string; readonly secretId: string }): void {
  refuse([...idFaults('/app_id', appId), ...idFaults('/secret_id', secretId)]);
}

function idFaults(pointer: string, id: string): FieldError[] {
  return ID.test(id) ? [] : [fault(pointer, 'is not an id')];
}

/** Of a newer caller: it must not silently be something else. */
function schemeFaults(scheme: Scheme): FieldError[] {
  const known = scheme === Scheme.UNSPECIFIED || schemeName(scheme) !== undefined;
  return known ? [] : [fault('/scheme', 'is not known')];
}

/** PostgreSQL keeps no NUL in a text. */
function textFaults(pointer: string, text: string, max: number): FieldError[] {
  return text.length <= max && !text.includes('\0') ? [] : [fault(pointer, `may have ${max} characters, and no NUL`)];
}

function fault(pointer: string, message: string): FieldError {
  return { pointer, code: 'invalid_field', message };
}

function refuse(faults: readonly FieldError[]): void {
  if (faults.length > 0) throw validationFailed(faults);
}
