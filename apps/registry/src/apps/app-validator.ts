import { Injectable } from '@nestjs/common';
import { type FieldError, validationFailed } from '@hookwright/runtime';
import type { Queries } from '../database/database.ts';
import { checkEndpoint } from '../endpoints/endpoint-rules.ts';
import { EndpointTarget } from '../endpoints/endpoint-target.ts';
import type { EndpointContext } from '../endpoints/endpoint-state.ts';
import { checkEventChoice } from '../endpoints/event-choice.ts';
import { EventTypesRepository } from '../event-types/event-types.repository.ts';
import { type AppPatch, type PartnerApp, scopesOf } from './app.ts';
import { checkApp } from './app-rules.ts';

/** Holds apps against every rule of api.md, "Apps". */
@Injectable()
export class AppValidator {
  constructor(
    private readonly target: EndpointTarget,
    private readonly eventTypes: EventTypesRepository,
  ) {}

  /** What decisions about endpoints need from outside. */
  endpointContext(): EndpointContext {
    return { now: new Date(), verification: this.target.verification };
  }

  /** What is wrong with a patch by itself. Asks DNS: to be called before a transaction, which must not wait for it. */
  async checkTarget({ webhook }: AppPatch): Promise<FieldError[]> {
    const url = webhook?.url ?? '';
    return url === '' ? [] : this.target.check(url);
  }

  /** Throws everything that is wrong with the app that a patch leads to, after what is known to be wrong already. */
  async accept(queries: Queries, { app, patch, found }: { app: PartnerApp; patch: AppPatch; found: FieldError[] }): Promise<void> {
    const loopback = app.mode === 'test' || this.target.policy.allowHttp;
    const { endpoint } = app;
    const errors = [...checkApp(app, { loopback }), ...found];
    if (endpoint !== null) errors.push(...checkEndpoint(endpoint), ...(await this.checkEvents(queries, { ...app, endpoint }, patch)));
    if (errors.length > 0) throw validationFailed(errors);
  }

  /** A catalogue that changed later must not stand in the way of a patch that has nothing to do with events. */
  private async checkEvents(
    queries: Queries,
    { endpoint, permissions }: PartnerApp & { endpoint: NonNullable<PartnerApp['endpoint']> },
    patch: AppPatch,
  ): Promise<FieldError[]> {
    const given = patch.webhook?.enabledEvents !== undefined;
    if (!given && patch.permissions === undefined) return [];
    const types = await this.eventTypes.list(queries);
    return checkEventChoice(endpoint.enabledEvents, { types, scopes: scopesOf(permissions), given });
  }
}
