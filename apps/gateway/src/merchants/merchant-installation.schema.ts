import { z } from 'zod';
import { type App, type Installation, Mode } from '@hookwright/contracts';
import { installationResponse, toInstallation } from '../installations/installation.schema.ts';
import { enumSchema, enumText } from '../validation/enum-text.ts';
import { listOf } from '../validation/page.ts';

/** An installation with what its merchant knows the app by. */
export interface NamedInstallation {
  readonly installation: Installation;
  readonly appName: string;
  readonly partnerName: string;
  readonly mode: Mode;
}

/** Likewise with the whole app. */
export interface MerchantsInstallation {
  readonly installation: Installation;
  readonly app: App;
  readonly partnerName: string;
}

export const merchantInstallationResponse = installationResponse
  .extend({
    app_name: z.string(),
    partner_name: z.string().describe('who makes the app'),
    mode: enumSchema(Mode),
  })
  .meta({ id: 'MerchantInstallation' });
export type MerchantInstallationBody = z.infer<typeof merchantInstallationResponse>;
export const merchantInstallationList = listOf(merchantInstallationResponse);

export function toMerchantInstallation({ installation, appName, partnerName, mode }: NamedInstallation): MerchantInstallationBody {
  return { ...toInstallation(installation), app_name: appName, partner_name: partnerName, mode: enumText(Mode, mode) };
}
