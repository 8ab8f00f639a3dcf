import { Injectable } from '@nestjs/common';
import { Actor, type Installation, InstallationStatus } from '@hookwright/contracts';
import { notFound } from '@hookwright/runtime';
import type { Tenant } from '../access/caller.ts';
import type { PageQuery } from '../apps/apps.reader.ts';
import { Backends } from '../backends/backends.ts';
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

/** Names one installation of one of the tenant's apps. */
export interface InstallationRef {
  readonly tenant: Tenant;
  readonly appId: string;
  readonly installationId: string;
}

@Injectable()
export class InstallationsService {
  constructor(private readonly backends: Backends) {}

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

  /** On behalf of the operator, whose own page asked the merchant. 201 when it is new, 200 when it was there. */
  async install(grant: { appId: string; merchantId: string; scopes: string[] }): Promise<Answer<InstallationBody>> {
    const request = { ...grant, actor: Actor.OPERATOR, installedBy: 'operator' };
    const { installation, created } = await this.backends.registry.install(request);
    return new Answer(toInstallation(present(installation)), { status: created ? 201 : 200 });
  }

  async revoke(ref: InstallationRef, { reason }: ReasonBody): Promise<InstallationBody> {
    const { installation } = await this.backends.registry.revokeInstallation({ ...ref, actor: Actor.PARTNER, reason });
    return toInstallation(present(installation));
  }

  async suspend(ref: InstallationRef, { reason }: ReasonBody): Promise<InstallationBody> {
    const { installation } = await this.backends.registry.suspendInstallation({ ...ref, actor: Actor.PARTNER, reason });
    return toInstallation(present(installation));
  }

  async unsuspend(ref: InstallationRef, { reason }: ReasonBody): Promise<InstallationBody> {
    const { installation } = await this.backends.registry.unsuspendInstallation({ ...ref, actor: Actor.PARTNER, reason });
    return toInstallation(present(installation));
  }
}

function present(installation: Installation | undefined): Installation {
  if (installation === undefined) throw notFound('installation');
  return installation;
}
