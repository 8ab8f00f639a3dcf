import { z } from 'zod';
import { Actor, type Installation, InstallationStatus, type InstallationTransition } from '@hookwright/contracts';
import { enumSchema, enumText, enumTextOrNull, enumValue } from '../validation/enum-text.ts';
import { isoTime, isoTimeOrNull, merchantId, optionalLine, utcTime } from '../validation/fields.ts';
import { listOf, pageQuery } from '../validation/page.ts';

const status = enumSchema(InstallationStatus);

export const installationQuery = pageQuery.extend({
  status: status.transform((text) => enumValue(InstallationStatus, text)).optional(),
  merchant_id: merchantId.optional(),
});
export type InstallationQuery = z.infer<typeof installationQuery>;

/** POST …/revoke, suspend and unsuspend; may be left out altogether. */
export const reasonInput = z
  .strictObject({ reason: optionalLine(200).default('').describe('for the history and the lifecycle event') })
  .prefault({})
  .meta({ id: 'InstallationReasonInput', examples: [{ reason: 'Contract ended' }] });
export type ReasonBody = z.infer<typeof reasonInput>;

export const installationResponse = z
  .object({
    id: z.string().meta({ examples: ['ins_06f1kq3zv8r0c2t4y6b8d0e1g3'] }),
    app_id: z.string(),
    merchant_id: merchantId,
    status,
    generation: z.int().describe('+1 with every reinstall'),
    granted_scopes: z.array(z.string()),
    granted_permissions: z.array(z.string()),
    installed_by: z.string(),
    installed_at: utcTime,
    revoked_at: utcTime.nullable(),
    revoked_by: enumSchema(Actor).nullable(),
  })
  .meta({ id: 'Installation' });
export type InstallationBody = z.infer<typeof installationResponse>;
export const installationList = listOf(installationResponse);

const transition = z
  .object({
    previous_status: status.nullable(),
    status,
    generation: z.int(),
    granted_scopes: z.array(z.string()),
    actor: enumSchema(Actor),
    reason: z.string(),
    occurred_at: utcTime,
  })
  .meta({ id: 'InstallationTransition' });
export type TransitionBody = z.infer<typeof transition>;
export const transitionList = listOf(transition);

export function toInstallation(installation: Installation): InstallationBody {
  return {
    id: installation.id,
    app_id: installation.appId,
    merchant_id: installation.merchantId,
    status: enumText(InstallationStatus, installation.status),
    generation: installation.generation,
    granted_scopes: installation.grantedScopes,
    granted_permissions: installation.grantedPermissions,
    installed_by: installation.installedBy,
    installed_at: isoTime(installation.installedAtMs),
    revoked_at: isoTimeOrNull(installation.revokedAtMs),
    revoked_by: enumTextOrNull(Actor, installation.revokedBy),
  };
}

export function toTransition(transition: InstallationTransition): TransitionBody {
  return {
    previous_status: enumTextOrNull(InstallationStatus, transition.previousStatus),
    status: enumText(InstallationStatus, transition.status),
    generation: transition.generation,
    granted_scopes: transition.grantedScopes,
    actor: enumText(Actor, transition.actor),
    reason: transition.reason,
    occurred_at: isoTime(transition.occurredAtMs),
  };
}
