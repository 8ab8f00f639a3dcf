import { Injectable } from '@nestjs/common';
import { Actor, type Installation, InstallationStatus } from '@hookwright/contracts';
import { notFound } from '@hookwright/runtime';
import type { Tenant } from '../access/caller.ts';
import type { PageQuery } from '../apps/apps.reader.ts';
import { Backends } from '../backends/backends.ts';
import { GrantChecks, type InstallationRef } from '../grants/grant-checks.ts';
import { Grants } from '../grants/grants.ts';
import { stateOf } from '../grants/installation-state.ts';
import { Answer } from '../http/answer.ts';
import { type List, toList } from '../validation/page.ts';
import {
  type InstallationBody,
  type InstallationQuery,
  type ReasonBody,
  type TransitionBody,
  toInstallation,
  toTransition,
} from './installation.schema.ts';

@Injectable()
export class InstallationsService {
  constructor(
    private readonly backends: Backends,
    private readonly grantChecks: GrantChecks,
    private readonly grants: Grants,
  ) {}

  async list(tenant: Tenant, appId: string, query: InstallationQuery): Promise<List<InstallationBody>> {
    const { limit, cursor, status = InstallationStatus.UNSPECIFIED, merchant_id: merchantId = '' } = query;
    const request = { tenant, appId, status, merchantId, page: { limit, cursor } };
    const { installations, nextCursor } = await this.backends.registry.listInstallations(request);
    return toList(installations.map(toInstallation), nextCursor);
  }

  async get(ref: InstallationRef): Promise<InstallationBody> {
    return toInstallation(present((await this.backends.registry.getInstallation(ref)).installation));
  }

  async history(ref: InstallationRef, page: PageQuery): Promise<List<TransitionBody>> {
    const { transitions, nextCursor } = await this.backends.registry.listInstallationHistory({ ...ref, page });
    return toList(transitions.map(toTransition), nextCursor);
  }

  /**
   * On behalf of the operator, whose own page asked the merchant. 201 when it is new, 200 when it was there. Scopes that he has no more go
   * from the tokens of before, too; no check is stored for that: who is not answered asks again, and then they follow.
   */
  async install(grant: { appId: string; merchantId: string; scopes: string[] }): Promise<Answer<InstallationBody>> {
    const request = { ...grant, actor: Actor.OPERATOR, installedBy: 'operator' };
    const { installation, created } = await this.backends.registry.install(request);
    const installed = present(installation);
    await this.grants.follow(stateOf(installed));
    return new Answer(toInstallation(installed), { status: created ? 201 : 200 });
  }

  /** An installation of anybody's app, as the operator names it. */
  async refOfAnybodys(appId: string, installationId: string): Promise<InstallationRef> {
    const { tenant } = await this.backends.registry.getAppTenant({ appId });
    if (tenant === undefined) throw notFound('app');
    return { tenant: { partnerId: tenant.partnerId, mode: tenant.mode }, appId, installationId };
  }

  async revoke(ref: InstallationRef, { reason }: ReasonBody, actor = Actor.PARTNER): Promise<InstallationBody> {
    return await this.change({ ...ref, actor }, (request) => this.backends.registry.revokeInstallation({ ...request, reason }));
  }

  async suspend(ref: InstallationRef, { reason }: ReasonBody, actor = Actor.PARTNER): Promise<InstallationBody> {
    return await this.change({ ...ref, actor }, (request) => this.backends.registry.suspendInstallation({ ...request, reason }));
  }

  async unsuspend(ref: InstallationRef, { reason }: ReasonBody, actor = Actor.PARTNER): Promise<InstallationBody> {
    return await this.change({ ...ref, actor }, (request) => this.backends.registry.unsuspendInstallation({ ...request, reason }));
  }

  /** Its tokens follow before it is answered. */
  private async change(
    request: ActorsChange,
    ask: (request: ActorsChange) => Promise<{ installation?: Installation | undefined }>,
  ): Promise<InstallationBody> {
    return toInstallation(await this.grantChecks.during(request, async () => present((await ask(request)).installation)));
  }
}

type ActorsChange = InstallationRef & { readonly actor: Actor };

function present(installation: Installation | undefined): Installation {
  if (installation === undefined) throw notFound('installation');
  return installation;
}
