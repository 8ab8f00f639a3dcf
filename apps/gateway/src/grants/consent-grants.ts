import { Injectable } from '@nestjs/common';
import type { App, Installation } from '@hookwright/contracts';
import { notFound } from '@hookwright/runtime';
import { Backends } from '../backends/backends.ts';
import { GrantChecks } from './grant-checks.ts';
import { Grants } from './grants.ts';
import { stateOf } from './installation-state.ts';

/** Grants as a consent makes them. */
@Injectable()
export class ConsentGrants {
  constructor(
    private readonly grants: Grants,
    private readonly checks: GrantChecks,
    private readonly backends: Backends,
  ) {}

  /**
   * What comes of a consent. It may take back what an earlier one gave: the grants of before follow it, also when its answer is lost or this
   * process dies (GrantChecks).
   */
  async during({ id: appId, partnerId, mode }: App, merchantId: string, consent: () => Promise<Installation>): Promise<Installation> {
    const { installation } = await this.backends.registry.beginConsent({ appId, merchantId });
    if (installation === undefined) throw notFound('installation');
    return await this.checks.during({ tenant: { partnerId, mode }, appId, installationId: installation.id }, consent);
  }

  /**
   * The new grant's id. Somebody may have ended the installation after the consent and before there was a grant to end with it: so the
   * registry is asked again, and the grant brought in line with what it says.
   */
  async create({ id: appId, clientId, partnerId, mode }: App, agreed: Installation): Promise<string> {
    const { id: installationId, merchantId } = agreed;
    const grantId = await this.grants.create({ clientId, appId, merchantId, installation: stateOf(agreed) });
    const { installation } = await this.backends.registry.getInstallation({ tenant: { partnerId, mode }, appId, installationId });
    if (installation === undefined) throw notFound('installation');
    await this.grants.follow(stateOf(installation));
    return grantId;
  }
}
