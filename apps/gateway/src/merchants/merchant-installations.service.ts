import { Injectable } from '@nestjs/common';
import { Actor, type Installation } from '@hookwright/contracts';
import { notFound } from '@hookwright/runtime';
import type { PageQuery } from '../apps/apps.reader.ts';
import { Backends } from '../backends/backends.ts';
import { agree, unlessStale } from '../consent/agree.ts';
import { GrantChecks, type InstallationRef } from '../grants/grant-checks.ts';
import type { MerchantSession } from '../merchant-session/merchant-sessions.ts';
import type { MerchantsInstallation, NamedInstallation } from './merchant-installation.schema.ts';

/** Names one installation of a merchant. */
export interface MerchantsRef {
  readonly merchantId: string;
  readonly installationId: string;
}

/** What a merchant decided on the page of an app's permissions. */
export interface Change {
  readonly session: MerchantSession;
  readonly form: { readonly permission: string[]; readonly permission_revision: string; readonly generation: string };
}

/** What a merchant has installed, whoever's the apps are. Another merchant's installation is not found. */
@Injectable()
export class MerchantInstallationsService {
  constructor(
    private readonly backends: Backends,
    private readonly grantChecks: GrantChecks,
  ) {}

  /** What goes on, newest first. */
  async list(merchantId: string, { limit, cursor }: PageQuery): Promise<{ found: NamedInstallation[]; nextCursor: string }> {
    const answer = await this.backends.registry.listMerchantInstallations({ merchantId, page: { limit, cursor } });
    const found = answer.installations.map(({ installation, appName, partnerName, mode }) => {
      return { installation: present(installation), appName, partnerName, mode };
    });
    return { found, nextCursor: answer.nextCursor };
  }

  /** Also one that has ended. */
  async get(ref: MerchantsRef): Promise<MerchantsInstallation> {
    const { installation, app, partnerName } = await this.backends.registry.getMerchantInstallation(ref);
    return { installation: present(installation), app: present(app), partnerName };
  }

  /** Its tokens end before it is answered. What has ended stays as it is. */
  async revoke(ref: MerchantsRef, reason: string): Promise<MerchantsInstallation> {
    const found = await this.get(ref);
    const request = { ...refOf(found), actor: Actor.MERCHANT, reason };
    const installation = await this.grantChecks.during(request, async () => {
      return present((await this.backends.registry.revokeInstallation(request)).installation);
    });
    return { ...found, installation };
  }

  /**
   * Gives the app what the merchant agreed to on its page, and takes the rest from its tokens; undefined when the app asks for something
   * else than the page showed. Throws `installation_not_active` for what has ended meanwhile.
   */
  async change(found: MerchantsInstallation, { session, form }: Change): Promise<Installation | undefined> {
    const agreement = { appId: found.app.id, session, form, generation: Number(form.generation) };
    return await unlessStale(this.grantChecks.during(refOf(found), () => agree(this.backends.registry, agreement)));
  }
}

function refOf({ app: { id: appId, partnerId, mode }, installation }: MerchantsInstallation): InstallationRef {
  return { tenant: { partnerId, mode }, appId, installationId: installation.id };
}

function present<Found>(found: Found | undefined): Found {
  if (found === undefined) throw notFound('installation');
  return found;
}
