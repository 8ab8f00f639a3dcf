import { Actor, type Installation } from '@hookwright/contracts';
import { Problem, notFound } from '@hookwright/runtime';
import type { Registry } from '../backends/backends.ts';
import type { MerchantSession } from '../merchant-session/merchant-sessions.ts';

export interface Agreement {
  readonly appId: string;
  readonly session: MerchantSession;
  /** As the form has it. */
  readonly form: { readonly permission: string[]; readonly permission_revision: string };
  /** Of the installation that the page showed; undefined: it asked whether to install the app. */
  readonly generation?: number;
}

/**
 * A merchant's consent: from here on the app may do what he agreed to. Throws `conflict` when it asks for something else than the page
 * showed, and `installation_not_active` when that generation has ended; then nothing was changed.
 */
export async function agree(registry: Registry, { appId, session, form, generation }: Agreement): Promise<Installation> {
  const permissionRevision = BigInt(form.permission_revision);
  const consent = { permissions: form.permission, permissionRevision, ...(generation !== undefined && { generation }) };
  const { merchantId, subject: installedBy } = session;
  const { installation } = await registry.install({ appId, merchantId, installedBy, actor: Actor.MERCHANT, consent });
  if (installation === undefined) throw notFound('installation');
  return installation;
}

/** What came of a consent; undefined when the app asks for something else than the page showed. */
export async function unlessStale<Outcome>(consent: Promise<Outcome>): Promise<Outcome | undefined> {
  try {
    return await consent;
  } catch (error) {
    if (error instanceof Problem && error.code === 'conflict') return undefined;
    throw error;
  }
}
