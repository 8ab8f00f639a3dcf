import { Injectable } from '@nestjs/common';
import type { PartnerApp, Tenant } from '../apps/app.ts';
import { AppsRepository } from '../apps/apps.repository.ts';
import { AppsService } from '../apps/apps.service.ts';
import { changeEndpoint } from '../apps/patch-app.ts';
import { addToAuditLog } from '../audit/audit-log.ts';
import { Transactions } from '../database/transactions.ts';
import type { Endpoint } from './endpoint.ts';
import { disabled, paused, resumed } from './endpoint-state.ts';
import { Problem } from '@hookwright/runtime';

/** What a worker learnt about an endpoint of a certain revision. */
export interface ObservedFault {
  readonly appId: string;
  readonly endpointRevision: bigint;
  readonly reason: 'gone_410' | 'sustained_failure';
}

interface StatusChange {
  readonly action: string;
  readonly to: (endpoint: Endpoint) => Endpoint;
}

/** Changes of an endpoint's status other than by patch. */
@Injectable()
export class EndpointsService {
  constructor(
    private readonly transactions: Transactions,
    private readonly apps: AppsRepository,
    private readonly changes: AppsService,
  ) {}

  /** Throws `no_endpoint` or `endpoint_not_enabled`. */
  pause(tenant: Tenant, appId: string): Promise<PartnerApp> {
    return this.change(tenant, appId, { action: 'endpoint.paused', to: paused });
  }

  /** Throws `no_endpoint` or `endpoint_not_paused`. */
  resume(tenant: Tenant, appId: string): Promise<PartnerApp> {
    return this.change(tenant, appId, { action: 'endpoint.resumed', to: resumed });
  }

  /** Disables the endpoint, if it still is the one that was observed and enabled. True when it did. May be repeated. */
  async disable({ appId, endpointRevision, reason }: ObservedFault): Promise<boolean> {
    return this.transactions.run(async (tx) => {
      const app = await this.apps.lockIfPresent(tx, appId);
      if (app?.endpoint?.status !== 'enabled' || app.endpointRevision !== endpointRevision) return false;
      const now = new Date();
      await this.changes.save(tx, changeEndpoint(app, disabled(app.endpoint, reason, { now }), now));
      await addToAuditLog(tx, { appId, action: 'endpoint.disabled', details: { reason } });
      return true;
    });
  }

  private change(tenant: Tenant, appId: string, { action, to }: StatusChange): Promise<PartnerApp> {
    return this.transactions.run(async (tx) => {
      const app = await this.apps.lock(tx, appId, tenant);
      if (app.endpoint === null) throw new Problem('no_endpoint', 'The app has no endpoint.');
      const change = changeEndpoint(app, to(app.endpoint), new Date());
      await this.changes.save(tx, change);
      await addToAuditLog(tx, { appId, action });
      return change.app;
    });
  }
}
