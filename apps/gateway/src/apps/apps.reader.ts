import { Injectable } from '@nestjs/common';
import type { App, SecretInfo } from '@hookwright/contracts';
import { notFound } from '@hookwright/runtime';
import type { Tenant } from '../access/caller.ts';
import { Backends } from '../backends/backends.ts';
import { type List, toList } from '../validation/page.ts';
import { toAppResponse } from './app.mapping.ts';
import type { AppBody } from './app.schema.ts';

export interface PageQuery {
  readonly limit: number;
  readonly cursor: string;
}

/** Apps as the registry and the vault know them together. */
@Injectable()
export class AppsReader {
  constructor(private readonly backends: Backends) {}

  /** Rejects with not_found for what is not the tenant's. */
  async find(tenant: Tenant, appId: string): Promise<App> {
    return present((await this.backends.registry.getApp({ tenant, appId })).app);
  }

  async list(tenant: Tenant, page: PageQuery): Promise<List<AppBody>> {
    const { apps, nextCursor } = await this.backends.registry.listApps({ tenant, page });
    const secrets = await this.secretsOf(apps);
    return toList(
      apps.map((app) => toAppResponse(app, secrets.get(app.id) ?? [])),
      nextCursor,
    );
  }

  async describe(app: App): Promise<AppBody> {
    const secrets = await this.secretsOf([app]);
    return toAppResponse(app, secrets.get(app.id) ?? []);
  }

  /** One question for a whole page; none when no app of it has an endpoint. */
  private async secretsOf(apps: readonly App[]): Promise<Map<string, SecretInfo[]>> {
    const appIds = apps.filter((app) => app.webhook !== undefined).map((app) => app.id);
    if (appIds.length === 0) return new Map();
    const { secrets } = await this.backends.vault.listSecrets({ appIds });
    return Map.groupBy(secrets, (secret) => secret.appId);
  }
}

/** protobuf cannot say that an answer's message is always there. */
export function present(app: App | undefined): App {
  if (app === undefined) throw notFound('app');
  return app;
}
