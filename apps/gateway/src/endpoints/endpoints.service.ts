import { Injectable } from '@nestjs/common';
import { Problem } from '@hookwright/runtime';
import type { Tenant } from '../access/caller.ts';
import { toSecretInfo } from '../apps/app.mapping.ts';
import type { AppBody, SigningSecretBody } from '../apps/app.schema.ts';
import { AppsReader, present } from '../apps/apps.reader.ts';
import { Backends } from '../backends/backends.ts';
import { type List, toList } from '../validation/page.ts';
import { type EndpointHealthBody, toEndpointHealth } from './endpoint-health.schema.ts';
import { type RotateBody, type RotatedSecretBody, toRotatedSecret } from './endpoint.schema.ts';

/** What a partner does with an app's endpoint beside setting it: its secrets, and pausing it. */
@Injectable()
export class EndpointsService {
  constructor(
    private readonly backends: Backends,
    private readonly apps: AppsReader,
  ) {}

  async rotateSecret(tenant: Tenant, appId: string, rotation: RotateBody): Promise<RotatedSecretBody> {
    await this.requireEndpoint(tenant, appId);
    const { overlap_seconds: overlapSeconds, force, reason } = rotation;
    return toRotatedSecret(await this.backends.vault.rotateSecret({ appId, overlapSeconds, force, reason }));
  }

  /** Live ones, newest first; there are at most a few. */
  async listSecrets(tenant: Tenant, appId: string): Promise<List<SigningSecretBody>> {
    await this.requireEndpoint(tenant, appId);
    const { secrets } = await this.backends.vault.listSecrets({ appIds: [appId] });
    return toList(secrets.map(toSecretInfo), '');
  }

  async revokeSecret(tenant: Tenant, appId: string, secretId: string): Promise<void> {
    await this.requireEndpoint(tenant, appId);
    await this.backends.vault.revokeSecret({ appId, secretId });
  }

  async health(tenant: Tenant, appId: string): Promise<EndpointHealthBody> {
    await this.requireEndpoint(tenant, appId);
    const { health } = await this.backends.deliveryLog.getEndpointHealth({ appId });
    if (health === undefined) throw new Problem('service_unavailable', 'The endpoint’s health is not known.');
    return toEndpointHealth(health);
  }

  async pause(tenant: Tenant, appId: string): Promise<AppBody> {
    const { app } = await this.backends.registry.pauseEndpoint({ tenant, appId });
    return await this.apps.describe(present(app));
  }

  async resume(tenant: Tenant, appId: string): Promise<AppBody> {
    const { app } = await this.backends.registry.resumeEndpoint({ tenant, appId });
    return await this.apps.describe(present(app));
  }

  private async requireEndpoint(tenant: Tenant, appId: string): Promise<void> {
    const { webhook } = await this.apps.find(tenant, appId);
    if (webhook === undefined) throw new Problem('no_endpoint', 'The app has no webhook.');
  }
}
